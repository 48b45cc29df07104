//! The collector is away when the answer is ready.

use anyhow::Result;
use e2e::browser::only_refused_connections;
use e2e::wait::until_true;
use e2e::{Page, Widget, World, case};
use serde_json::{Value, json};

/// Answers every POST of a response with `window.refuse` where that is set.
const REFUSE: &str = "
    const real = window.fetch;
    window.fetch = (url, how) => window.refuse && /responses$/.test(url)
        ? Promise.resolve(new Response('{}', {status: window.refuse, headers: window.refuseHeaders}))
        : real(url, how);";

/// Notes the pauses between tries (they alone are no whole numbers of milliseconds) in `window.pauses`, and
/// never ends them.
const PAUSE: &str = "
    const real = window.setTimeout;
    window.pauses = [];
    window.setTimeout = (call, ms, ...rest) => Number.isInteger(ms ?? 0)
        ? real(call, ms, ...rest)
        : window.pauses.push(ms);";

/// Notes every pause in `window.pauses`.
const NOTE: &str = "
    const real = window.setTimeout;
    window.pauses = [];
    window.setTimeout = (call, ms, ...rest) => (window.pauses.push(ms), real(call, ms, ...rest));";

/// What was going to happen at once has happened.
const SETTLE: &str = "return new Promise(done => setTimeout(done, 500))";

/// What the browser keeps for the page.
const KEPT: &str = "return [localStorage.length, sessionStorage.length]";

#[tokio::test(flavor = "multi_thread")]
async fn collector_is_down_then_up_and_the_answer_counts_once() -> Result<()> {
    case("down-then-up", async |world: &World| {
        let page = world.plain_page()?;
        let widget = world.visit(page).await?;
        widget.open().await?;
        widget.choose("recommend", "4").await?;
        widget.write("comment", "Ho aspettato").await?;
        widget.can_send().await?;
        world.collector.stop().await?;
        widget.send().await?;
        widget.reaches("saved").await?;
        let said = widget.text_of("[role=status]").await?;
        assert!(said.contains("salvata") && !said.contains("Grazie"), "{said:?}");
        widget.click("[part=retry]").await?;
        widget.reaches("saved").await?;

        world.collector.serve().await?;
        widget.try_again().await?;
        widget.reaches("sent").await?;

        let summary = world.collector.summary().await?;
        assert_eq!(
            (summary["responses"].as_u64(), summary["nps"]["detractors"].as_u64()),
            (Some(1), Some(1))
        );
        let responses = world.collector.owner_get("responses").await?;
        let posted = world.browser.posted("/responses").await?;
        assert!(posted.len() >= 3, "the visitor pressed three times: {posted:#?}");
        let without_signs = |body: &Value| {
            let mut body = body.clone();
            body.as_object_mut().map(|fields| fields.remove("form"));
            body
        };
        assert!(
            posted.iter().all(|body| without_signs(body) == without_signs(&posted[0])),
            "another try, another response: {posted:#?}"
        );
        assert_eq!(responses["responses"][0]["id"], posted[0]["id"]);
        only_refused_connections(&world.browser).await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn acknowledgement_is_lost_and_the_answer_counts_once() -> Result<()> {
    case("lost-acknowledgement", async |world: &World| {
        let widget = world.visit(world.plain_page()?).await?;
        widget.open().await?;
        widget.choose("recommend", "10").await?;
        world.browser.lose_answer_of("/responses").await?;
        widget.send().await?;
        widget.reaches("saved").await?;
        assert_eq!(world.collector.summary().await?["responses"], 1, "it did arrive");
        widget.try_again().await?;
        widget.reaches("sent").await?;
        assert_eq!(world.collector.summary().await?["responses"], 1);
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn page_is_left_while_the_collector_is_down_and_a_later_visit_sends() -> Result<()> {
    case("later-visit", async |world: &World| {
        let widget = world.visit(world.plain_page()?).await?;
        widget.open().await?;
        widget.choose("recommend", "10").await?;
        widget.can_send().await?;
        world.collector.stop().await?;
        widget.send().await?;
        widget.reaches("saved").await?;
        world.browser.visit("about:blank").await?;
        world.collector.serve().await?;

        // Nobody opens the form again.
        world.visit(world.plain_page()?).await?;
        until_true("the answer to arrive", async || {
            Ok(world.collector.summary().await?["responses"] == 1)
        })
        .await?;
        until_true("nothing to be kept", async || {
            Ok(world.browser.evaluate(KEPT, vec![]).await? == json!([0, 0]))
        })
        .await?;
        world.browser.reload().await?;
        widget.open().await?;
        assert_eq!(world.collector.summary().await?["nps"]["promoters"], 1);
        only_refused_connections(&world.browser).await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn browser_keeps_nothing_and_the_visitor_is_told() -> Result<()> {
    const FORBIDDEN: &str = "for (const store of ['indexedDB', 'localStorage', 'sessionStorage'])
        Object.defineProperty(window, store, {get() { throw new DOMException('no', 'SecurityError') }})";
    const SILENT: &str = "IDBFactory.prototype.open = () => ({})";
    case("keeps-nothing", async |world: &World| {
        for (sent, store) in [(1, FORBIDDEN), (2, SILENT)] {
            let widget = world.visit(world.plain_page()?).await?;
            world.browser.evaluate(store, vec![]).await?;
            widget.open().await?;
            widget.choose("recommend", "9").await?;
            widget.can_send().await?;
            world.collector.stop().await?;
            widget.send().await?;
            widget.reaches("failed").await?;
            let said = widget.text_of("[role=status]").await?;
            assert!(said.contains("riprova"), "{said:?}");
            world.collector.serve().await?;
            widget.try_again().await?;
            widget.reaches("sent").await?;
            assert_eq!(world.collector.summary().await?["responses"], sent, "{store}");
        }
        let errors = world.browser.console_errors().await?;
        assert!(errors.iter().all(|error| error.contains("ERR_CONNECTION_REFUSED")), "{errors:#?}");
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn page_is_loaded_again_and_the_draft_is_still_there() -> Result<()> {
    case("draft", async |world: &World| {
        let widget = world.visit(world.plain_page()?).await?;
        widget.open().await?;
        widget.choose("recommend", "3").await?;
        widget.choose("reasons", "waiting").await?;
        widget.write("comment", "A metà").await?;
        world.browser.reload().await?;
        widget.open().await?;
        assert!(widget.asks("reasons").await?, "the question that the score asks for");
        widget.send().await?;
        widget.reaches("sent").await?;
        let response = world.collector.owner_get("responses").await?["responses"][0].clone();
        assert_eq!(response["answers"]["recommend"], 3);
        assert_eq!(response["answers"]["reasons"], json!(["waiting"]));
        assert_eq!(response["answers"]["comment"], "A metà");
        assert_eq!(world.browser.evaluate(KEPT, vec![]).await?, json!([0, 0]));
        Ok(())
    })
    .await
}

/// A page with an answer that is ready to be sent.
async fn answered<'a>(world: &'a World, page: Page) -> Result<Widget<'a>> {
    let widget = world.visit(page).await?;
    widget.open().await?;
    widget.can_send().await?;
    widget.choose("recommend", "10").await?;
    Ok(widget)
}

/// Puts an answer on its way while the collector is down.
async fn leave_an_answer<'a>(world: &'a World, page: Page) -> Result<Widget<'a>> {
    let widget = answered(world, page).await?;
    world.collector.stop().await?;
    widget.send().await?;
    widget.reaches("saved").await?;
    Ok(widget)
}

async fn arrives_once(world: &World) -> Result<()> {
    until_true("the answer to arrive", async || {
        Ok(world.collector.summary().await?["responses"] == 1)
    })
    .await?;
    until_true("nothing to be kept", async || {
        Ok(world.browser.evaluate(KEPT, vec![]).await? == json!([0, 0]))
    })
    .await?;
    assert_eq!(world.collector.summary().await?["responses"], 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tab_is_closed_and_another_one_sends() -> Result<()> {
    case("closed-tab", async |world: &World| {
        let first = world.browser.current_tab().await?;
        world.browser.open_tab().await?;
        leave_an_answer(world, world.plain_page()?).await?;
        let posted = world.browser.posted("/responses").await?;
        only_refused_connections(&world.browser).await?;
        world.browser.close_tab().await?;
        world.browser.switch_to(&first).await?;
        world.collector.serve().await?;
        world.visit(world.plain_page()?).await?;
        arrives_once(world).await?;
        let stored = world.collector.owner_get("responses").await?;
        assert_eq!(stored["responses"][0]["id"], posted[0]["id"], "another id");
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn tries_again_later_and_later_by_chance_and_at_once_when_on_line_again() -> Result<()> {
    case("backoff", async |world: &World| {
        let page = world.plain_page()?.with_script_before(PAUSE)?;
        let widget = leave_an_answer(world, page).await?;
        let pauses = async || -> Result<Vec<f64>> {
            let pauses = world.browser.evaluate("return window.pauses", vec![]).await?;
            Ok(pauses.as_array().into_iter().flatten().filter_map(Value::as_f64).collect())
        };
        for tries in 1..=5 {
            until_true("a pause", async || Ok(pauses().await?.len() == tries)).await?;
            if tries == 5 {
                world.collector.serve().await?;
            }
            world.browser.evaluate("dispatchEvent(new Event('online'))", vec![]).await?;
        }
        widget.reaches("sent").await?;
        for (retry, pause) in pauses().await?.iter().enumerate() {
            let middle = 2_000.0 * f64::from(1 << retry);
            assert!((0.5 * middle..1.5 * middle).contains(pause), "{retry}: {pause} ms");
        }
        let posted = world.browser.posted("/responses").await?;
        assert_eq!(posted.len(), 6);
        assert!(posted.iter().all(|body| body["id"] == posted[0]["id"]), "{posted:#?}");
        arrives_once(world).await?;
        only_refused_connections(&world.browser).await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn waits_as_long_as_the_collector_asks_for() -> Result<()> {
    case("retry-after", async |world: &World| {
        world.collector.stop().await?;
        let rates = [("ASCOLTO_RATE_ADDRESS_PER_MINUTE", "1"), ("ASCOLTO_RATE_ADDRESS_BURST", "1")];
        world.collector.serve_with(&rates).await?;
        for (state, score) in [("sent", "10"), ("saved", "3")] {
            let widget = world.visit(world.plain_page()?.with_script_before(NOTE)?).await?;
            widget.open().await?;
            widget.choose("recommend", score).await?;
            widget.send().await?;
            widget.reaches(state).await?;
        }
        // The second answer may come a minute after the first; our own pause is 3 s at most.
        until_true("a long pause", async || {
            let pauses = world.browser.evaluate("return window.pauses", vec![]).await?;
            let longest = pauses.as_array().into_iter().flatten().filter_map(Value::as_f64);
            Ok(longest.fold(0.0, f64::max) > 20_500.0)
        })
        .await?;
        let errors = world.browser.console_errors().await?;
        assert!(errors.iter().all(|error| error.contains("429")), "{errors:#?}");
        assert_eq!(world.collector.summary().await?["responses"], 1);
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn page_is_left_while_it_sends_and_the_answer_counts_once() -> Result<()> {
    case("left-mid-send", async |world: &World| {
        let widget = world.visit(world.plain_page()?).await?;
        widget.open().await?;
        widget.choose("recommend", "10").await?;
        widget.can_send().await?;
        world.collector.freeze()?;
        widget.send().await?;
        until_true("the answer to be kept", async || {
            Ok(world.browser.evaluate("return localStorage.ascolto", vec![]).await? == "1")
        })
        .await?;
        until_true("the request to go out", async || {
            Ok(!world.browser.posted("/responses").await?.is_empty())
        })
        .await?;
        world.browser.visit("about:blank").await?;
        world.collector.thaw()?;
        let widget = world.visit(world.plain_page()?).await?;
        arrives_once(world).await?;
        // It is not asked again what has been sent.
        widget.open().await?;
        assert!(!widget.find("input[name=recommend][value='10']").await?.is_selected().await?);
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn storage_is_full_and_the_visitor_is_told() -> Result<()> {
    const FILL: &str = "for (const store of [localStorage, sessionStorage])
        for (let part = 'x'.repeat(1 << 20), n = 0; part; n++)
            try { store.setItem('full' + n, part) } catch { part = part.slice(part.length / 2 + 1) }";
    case("storage-full", async |world: &World| {
        let origin = world.host.origin();
        // The marks' store, then the letters' one.
        for (sent, full) in [(1, FILL), (2, "localStorage.clear(); sessionStorage.clear()")] {
            let widget = world.visit(world.plain_page()?).await?;
            world.browser.evaluate(full, vec![]).await?;
            if sent == 2 && !world.browser.limit_storage(origin, Some(1)).await? {
                break;
            }
            widget.open().await?;
            widget.choose("recommend", "9").await?;
            widget.can_send().await?;
            world.collector.stop().await?;
            widget.send().await?;
            widget.reaches("failed").await?;
            let said = widget.text_of("[role=status]").await?;
            assert!(said.contains("riprova"), "{said:?}");
            world.collector.serve().await?;
            widget.try_again().await?;
            widget.reaches("sent").await?;
            assert_eq!(world.collector.summary().await?["responses"], sent, "{full}");
        }
        world.browser.limit_storage(origin, None).await?;
        only_refused_connections(&world.browser).await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_clock_of_the_device_is_wrong_and_the_answer_is_taken_all_the_same() -> Result<()> {
    const SET: &str = "const real = Date.now, from = Date;
        window.Date = class extends from {
            constructor(...when) { when.length ? super(...when) : super(real() + by) }
            static now() { return real() + by }
        }";
    const YEAR_MS: i64 = 365 * 24 * 3600 * 1000;
    case("clock", async |world: &World| {
        for (sent, set_at_start, set_before_sending) in
            [(1, -20 * YEAR_MS, 0), (2, 20 * YEAR_MS, 0), (3, 0, -YEAR_MS), (4, 0, YEAR_MS)]
        {
            let widget = world.visit(world.plain_page()?).await?;
            let set = async |by: i64| {
                let script = format!("{{const by = {by}; {SET}}}");
                world.browser.evaluate_as_the_page(&script).await
            };
            set(set_at_start).await?;
            widget.open().await?;
            widget.choose("recommend", "9").await?;
            set(set_before_sending).await?;
            widget.send().await?;
            widget.reaches("sent").await?;
            assert_eq!(world.collector.summary().await?["responses"], sent);
        }
        let page = world.collector.owner_get("responses").await?;
        for response in page["responses"].as_array().into_iter().flatten() {
            assert_eq!(response["occurred_at"], response["received_at"], "{response}");
            assert!(response.get("held").is_none(), "{response}");
        }
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_id_is_taken_and_sent_anew_it_is_another_answer() -> Result<()> {
    const SAME_ID: &str = "crypto.getRandomValues = (bytes) => bytes.fill(7);
        window.time = Date.now; Date.now = () => 1700000000000";
    const OWN_ID: &str = "delete crypto.getRandomValues; Date.now = window.time";
    case("conflict", async |world: &World| {
        let other = json!({"id": "018bcfe5-6800-7707-8707-070707070707", "survey": "post-service",
            "answers": {"recommend": 0}});
        world.collector.submit(&other).await?;
        let widget = world.visit(world.plain_page()?).await?;
        widget.open().await?;
        world.browser.evaluate_as_the_page(SAME_ID).await?;
        widget.choose("recommend", "9").await?;
        widget.send().await?;
        until_true("the conflict to be told", async || {
            Ok(widget.text_of("[role=status]").await?.contains("codice"))
        })
        .await?;
        assert_eq!(widget.state().await?.as_deref(), Some("asking"));
        assert!(!widget.is_visible("[part=retry]").await?, "the same again is refused again");
        let kept = world.browser.evaluate("return localStorage.ascolto ?? null", vec![]).await?;
        assert_eq!(kept, Value::Null);
        world.browser.evaluate_as_the_page(OWN_ID).await?;
        widget.send().await?;
        widget.reaches("sent").await?;
        assert_eq!(world.collector.summary().await?["responses"], 2);
        let errors = world.browser.console_errors().await?;
        assert!(errors.iter().all(|error| error.contains("409")), "{errors:#?}");
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_is_kept_in_the_form_also_over_a_reload() -> Result<()> {
    case("refused", async |world: &World| {
        let page = world.plain_page()?.with_script_before(REFUSE)?;
        for status in [403, 404, 413] {
            let widget = world.visit(page.clone()).await?;
            world.browser.evaluate("window.refuse = arguments[0]", vec![json!(status)]).await?;
            widget.open().await?;
            widget.choose("recommend", "9").await?;
            widget.send().await?;
            until_true("the refusal to be told", async || {
                Ok(widget.text_of("[role=status]").await?.contains(&status.to_string()))
            })
            .await?;
            assert_eq!(widget.state().await?.as_deref(), Some("asking"), "{status}");
            assert!(!widget.is_visible("[part=retry]").await?, "{status}");
            world.browser.reload().await?;
            widget.open().await?;
            let nine = widget.find("input[name=recommend][value='9']").await?;
            assert!(nine.is_selected().await?, "{status}");
        }
        assert_eq!(world.collector.summary().await?["responses"], 0);
        Ok(())
    })
    .await
}

/// The site may have moved, or its origins may be wrong for a while.
#[tokio::test(flavor = "multi_thread")]
async fn what_waits_and_is_refused_for_the_sites_sake_waits_on() -> Result<()> {
    case("waits-on", async |world: &World| {
        leave_an_answer(world, world.plain_page()?).await?;
        world.collector.serve().await?;
        for status in [403, 404] {
            let script = format!("{REFUSE}; window.refuse = {status}");
            world.visit(world.plain_page()?.with_script_before(&script)?).await?;
            // Whoever opens the form has had what waits sent before.
            Widget::on(&world.browser).open().await?;
            world.browser.evaluate(SETTLE, vec![]).await?;
            let kept = world.browser.evaluate("return localStorage.ascolto", vec![]).await?;
            assert_eq!(kept, "1", "{status}");
            assert_eq!(world.collector.summary().await?["responses"], 0);
        }
        world.visit(world.plain_page()?).await?;
        arrives_once(world).await?;
        only_refused_connections(&world.browser).await
    })
    .await
}

/// Words of the page's own that the collector does not take: left out where they make no sense, made
/// into words where they do.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_page_tells_beside_the_answers_costs_none() -> Result<()> {
    const TELL: &str = "
        ascolto('context', {visits: 3, vip: true, plan: null});
        ascolto('track', 'done', {reference: 17, waited_s: 12.6, served_s: 'many'});";
    const TELL_TOO_MUCH: &str = "ascolto('context', {story: 'x'.repeat(600)})";
    case("beside-the-answers", async |world: &World| {
        let page = world.plain_page()?.with_script_attribute("data-service", "Carta d’identità")?;
        let widget = world.visit(page).await?;
        for (tell, expected) in
            [(TELL, json!({"visits": "3", "vip": "true"})), (TELL_TOO_MUCH, Value::Null)]
        {
            widget.find("[part=button]").await?;
            world.browser.evaluate_as_the_page(tell).await?;
            widget.open().await?;
            widget.choose("recommend", "9").await?;
            widget.send().await?;
            widget.reaches("sent").await?;
            let page = world.collector.owner_get("responses").await?;
            let response = &page["responses"][0];
            assert_eq!(response["context"]["attributes"], expected, "{response}");
            assert_eq!(response["context"]["page"], "/", "{response}");
            assert_eq!(response["service"], Value::Null, "{response}");
            world.browser.reload().await?;
        }
        let page = world.collector.owner_get("responses").await?;
        let event = &page["responses"][1]["service_event"];
        assert_eq!(*event, json!({"reference": "17", "waited_s": 13}), "{page}");
        // Each was refused once, and what became of the form is counted for no such service.
        let errors = world.browser.console_errors().await?;
        assert!(errors.iter().all(|error| error.contains("status of 422")), "{errors:#?}");
        Ok(())
    })
    .await
}

/// A sign-in page of a hotel's network, a proxy's notice.
#[tokio::test(flavor = "multi_thread")]
async fn somebody_elses_page_is_no_acknowledgement() -> Result<()> {
    case("not-the-collector", async |world: &World| {
        let widget = answered(world, world.plain_page()?.with_script_before(REFUSE)?).await?;
        world.browser.evaluate_as_the_page("window.refuse = 200").await?;
        widget.send().await?;
        widget.reaches("saved").await?;
        world.browser.evaluate_as_the_page("window.refuse = 0").await?;
        widget.try_again().await?;
        widget.reaches("sent").await?;
        assert_eq!(world.collector.summary().await?["responses"], 1);
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn page_is_left_in_the_moment_of_sending() -> Result<()> {
    // Chromium does not open its store to a page as long as it remembers one that was left while it
    // opened: the mark stays, and goes with the next answer.
    const WAITING: &str = "
        const names = Object.keys(localStorage).filter((name) => name.startsWith('ascolto:letter'));
        return [names.length, sessionStorage.length]";
    const SEND_AND_LEAVE: &str = "
        const root = document.querySelector('ascolto-widget').shadowRoot;
        setTimeout(() => {
            root.querySelector('[type=submit]').click();
            location.href = 'about:blank';
        })";
    case("left-at-once", async |world: &World| {
        answered(world, world.plain_page()?).await?;
        world.browser.evaluate_as_the_page(SEND_AND_LEAVE).await?;
        until_true("the page to be left", async || Ok(world.browser.url().await? == "about:blank"))
            .await?;
        // What a page writes in its last moment, Chromium tells the very next one a little later.
        world.visit(world.plain_page()?).await?;
        world.browser.comes_to_rest().await?;
        let widget = world.visit(world.plain_page()?).await?;
        until_true("nothing to wait", async || {
            Ok(world.browser.evaluate(WAITING, vec![]).await? == json!([0, 0]))
        })
        .await?;
        assert_eq!(world.collector.summary().await?["responses"], 1);
        widget.open().await?;
        assert!(!widget.find("input[name=recommend][value='10']").await?.is_selected().await?);
        Ok(())
    })
    .await
}

/// Asked for only since the form was fetched, and then too busy to ask.
#[tokio::test(flavor = "multi_thread")]
async fn work_that_cannot_be_asked_for_costs_no_answer() -> Result<()> {
    const BUSY: &str = "
        const real = window.fetch;
        window.fetch = (url, how) => window.busy && /challenge$/.test(url)
            ? Promise.resolve(new Response('{}', {status: 503}))
            : real(url, how);";
    case("work-later", async |world: &World| {
        let widget = answered(world, world.plain_page()?.with_script_before(BUSY)?).await?;
        world.collector.stop().await?;
        world.collector.serve_with(&[("ASCOLTO_PROOF_OF_WORK", "2000")]).await?;
        world.browser.evaluate_as_the_page("window.busy = true").await?;
        widget.send().await?;
        widget.reaches("saved").await?;
        world.browser.evaluate_as_the_page("window.busy = false").await?;
        widget.try_again().await?;
        widget.reaches("sent").await?;
        assert_eq!(world.collector.summary().await?["responses"], 1);
        let errors = world.browser.console_errors().await?;
        assert!(errors.iter().all(|error| error.contains("status of 422")), "{errors:#?}");
        Ok(())
    })
    .await
}
