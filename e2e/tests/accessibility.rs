//! The widget for everyone: what `docs/accessibility.md` says, criterion by criterion.

use anyhow::Result;
use e2e::emulation::{DESKTOP, Device, PHONE, ZOOMED};
use e2e::states::{answer, asking_every_kind, walk};
use e2e::widget::fieldset;
use e2e::{Page, Widget, World, axe, case, chromium_case};
use serde_json::{Value, json};
use thirtyfour::Key;

/// A page of examples, in a language, that asks every kind of question.
async fn page_in(world: &World, language: &str) -> Result<Page> {
    asking_every_kind(world.plain_page()?.in_language(language)?, &world.collector).await
}

async fn open_in<'a>(world: &'a World, language: &str) -> Result<Widget<'a>> {
    let widget = world.visit(page_in(world, language).await?).await?;
    // Nothing of an earlier round is filled in.
    world.browser.evaluate("sessionStorage.clear()", vec![]).await?;
    widget.open().await?;
    Ok(widget)
}

async fn evaluate(world: &World, script: &str) -> Result<Value> {
    const ROOT: &str = "const root = document.querySelector('ascolto-widget').shadowRoot;";
    world.browser.evaluate(&format!("{ROOT}{script}"), vec![]).await
}

/// A collector that goes away and a survey that is not there are complaints of the console.
async fn forgive_errors(world: &World) -> Result<()> {
    world.browser.console_errors().await.map(drop)
}

/// The checker looks at nothing that would have to be scrolled to: here all of the form is seen.
const UNFOLD: &str = "const sheet = new CSSStyleSheet();
    sheet.replaceSync('section { max-height: none !important }');
    root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet]";

#[tokio::test(flavor = "multi_thread")]
async fn axe_finds_nothing_in_any_state() -> Result<()> {
    let (phone, desktop) = (Device { height: 2600, ..PHONE }, Device { height: 2600, ..DESKTOP });
    chromium_case("axe", async |world: &World| {
        for (device, scheme, language) in [
            (desktop, "light", "it"),
            (phone, "dark", "en"),
            (phone, "light", "ar"),
            (desktop, "dark", "ar"),
        ] {
            world.browser.look_with(device).await?;
            world.browser.prefer(&[("prefers-color-scheme", scheme)]).await?;
            let page = page_in(world, language).await?;
            walk(world, &page, async |state| {
                let place = format!("{state}, {}, {scheme}, {language}", device.name);
                evaluate(world, UNFOLD).await?;
                axe::finds_nothing(&world.browser, &place).await
            })
            .await?;
        }
        forgive_errors(world).await
    })
    .await
}

/// 1.3.1, 4.1.2: as assistive technology is told of it.
#[tokio::test(flavor = "multi_thread")]
async fn everything_has_a_role_and_a_name() -> Result<()> {
    chromium_case("roles-and-names", async |world: &World| {
        let widget = open_in(world, "en").await?;
        widget.choose("recommend", "3").await?;
        let tree = world.browser.ask_tools("Accessibility.getFullAXTree", json!({})).await?;
        let nodes = tree["nodes"].as_array().cloned().unwrap_or_default();
        let is_there = |role: &str, name: &str| {
            nodes.iter().any(|node| {
                node["role"]["value"] == role
                    && node["name"]["value"].as_str().is_some_and(|found| found.starts_with(name))
            })
        };
        for (role, name) in [
            ("dialog", "Your feedback"),
            ("button", "Your feedback"),
            ("button", "Close"),
            ("button", "Send"),
            ("status", ""),
            ("radiogroup", "How likely are you to recommend us"),
            ("radio", "3 of 10"),
            ("radiogroup", "How satisfied are you"),
            ("radio", "5 of 5"),
            ("radiogroup", "How was it at the counter?"),
            ("radiogroup", "How did you reach us?"),
            ("radio", "By phone"),
            ("radio", "Something else"),
            ("group", "What went wrong?"),
            ("checkbox", "I waited too long"),
            ("textbox", "How could we improve?"),
        ] {
            assert!(is_there(role, name), "no {role} {name:?} in {nodes:#?}");
        }
        Ok(())
    })
    .await
}

/// 2.1.1, 2.4.3: one stop for a scale, then arrows within it; the page stays within reach.
#[tokio::test(flavor = "multi_thread")]
async fn every_scale_is_one_stop() -> Result<()> {
    const HERE: &str = "const at = root.activeElement;
        return at && (at.getAttribute('part') ?? at.name ?? '') || (at ? at.type : document.activeElement.tagName)";
    case("tab-stops", async |world: &World| {
        let widget = open_in(world, "it").await?;
        widget.becomes_focused("[part=panel]").await?;
        let mut stops = Vec::new();
        // Behind the form are the page's own links or, in some engines, its body.
        let is_outside = |stop: &Value| stop == "BODY" || stop == "A";
        while !stops.last().is_some_and(is_outside) && stops.len() < 30 {
            world.browser.press(Key::Tab).await?;
            let stop = evaluate(world, HERE).await?;
            // In some engines what scrolls is a stop too.
            if !stop.is_null() {
                stops.push(stop);
            }
        }
        let expected = [
            "close",
            "recommend",
            "stars",
            "faces",
            "mood",
            "clarity",
            "effort",
            "way",
            "comment",
            "submit",
        ];
        assert_eq!(stops[..expected.len()], expected.map(Value::from), "{stops:?}");
        assert!(stops.len() <= expected.len() + 2, "Tab leaves the form: {stops:?}");
        for (question, highest) in [("recommend", 10), ("stars", 5), ("effort", 7)] {
            widget.choose(question, "1").await?;
            world.browser.press(Key::Left).await?;
            world.browser.press(Key::Left).await?;
            let lowest_or_around = evaluate(
                world,
                &format!("return root.querySelector('[name={question}]:checked').value"),
            )
            .await?;
            // In some engines the arrows go round, in others they stop at the end.
            let [around, lowest] =
                if question == "recommend" { [highest, 0] } else { [highest - 1, 1] };
            let expected = [around, lowest].map(|value| json!(value.to_string()));
            assert!(expected.contains(&lowest_or_around), "{question}: {lowest_or_around}");
        }
        Ok(())
    })
    .await
}

/// 3.3.1, 3.3.3, 4.1.3: what is wrong is said where it is, linked, and the first of it has the focus.
#[tokio::test(flavor = "multi_thread")]
async fn errors_are_linked_to_their_questions() -> Result<()> {
    const LINKED: &str =
        "return [...root.querySelectorAll('[data-question]')].filter(q => q.ariaInvalid == 'true')
        .map(q => [q.dataset.question, q.getAttribute('aria-describedby').split(' ')
            .filter(id => !id.startsWith('ends-')).map(id => root.getElementById(id).innerText).join('').trim()])";
    case("errors-linked", async |world: &World| {
        let widget = open_in(world, "en").await?;
        assert_eq!(evaluate(world, LINKED).await?, json!([]), "before anything was sent");
        widget.send().await?;
        widget.fault_at("recommend").await?;
        assert_eq!(evaluate(world, LINKED).await?, json!([["recommend", "This needs an answer."]]));
        widget.becomes_focused(&format!("{} input", fieldset("recommend"))).await?;
        assert!(widget.text_of("[role=status]").await?.contains("Not sent yet"));
        widget.choose("recommend", "9").await?;
        assert_eq!(evaluate(world, LINKED).await?, json!([]), "once it is answered");
        Ok(())
    })
    .await
}

/// 4.1.3: a place that is read out must be there before there is something to read.
#[tokio::test(flavor = "multi_thread")]
async fn the_status_is_there_before_it_says_anything() -> Result<()> {
    case("status-there", async |world: &World| {
        open_in(world, "it").await?;
        let display = "return getComputedStyle(root.querySelector('[role=status]')).display";
        assert_ne!(evaluate(world, display).await?, "none");
        Ok(())
    })
    .await
}

/// 2.1.2, 2.4.11: it never takes the page away: no modal, nothing inert, and Escape ends it.
#[tokio::test(flavor = "multi_thread")]
async fn the_page_stays_usable_behind_it() -> Result<()> {
    const PAGE: &str = "return [root.querySelector('[role=dialog]').ariaModal, document.querySelectorAll('[inert],[aria-hidden=true]').length]";
    case("not-modal", async |world: &World| {
        let widget = open_in(world, "it").await?;
        assert_eq!(evaluate(world, PAGE).await?, json!([null, 0]));
        world.browser.press(Key::Escape).await?;
        widget.closes().await?;
        widget.becomes_focused("[part=button]").await
    })
    .await
}

/// 2.5.8, and 1.4.10 at 320 pixels: nothing smaller than 24, nothing wider than the window.
#[tokio::test(flavor = "multi_thread")]
async fn targets_are_large_and_nothing_scrolls_sideways() -> Result<()> {
    const SMALL: &str = "
        const targets = [...root.querySelectorAll('button, .scale input, .options label, textarea, [type=text]')];
        const boxes = targets.map(t => [t.name || t.innerText || t.getAttribute('part'), t.getBoundingClientRect()]);
        return boxes.filter(([, b]) => b.width && (b.width < 24 || b.height < 24)).map(([name, b]) => `${name} ${b.width} ${b.height}`)";
    const WIDE: &str = "
        const wide = [...root.querySelectorAll('*')].filter(e => {
            const box = e.getBoundingClientRect();
            return box.width && !e.matches('.trap') && (box.left < -1 || box.right > innerWidth + 1 || e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflowX != 'visible');
        });
        return wide.map(e => e.outerHTML.slice(0, 80))";
    chromium_case("targets", async |world: &World| {
        for device in [DESKTOP, PHONE, ZOOMED] {
            world.browser.look_with(device).await?;
            for language in ["it", "ar"] {
                let widget = open_in(world, language).await?;
                answer(&widget).await?;
                let place = format!("{} {language}", device.name);
                assert_eq!(evaluate(world, SMALL).await?, json!([]), "{place}");
                assert_eq!(evaluate(world, WIDE).await?, json!([]), "{place}");
            }
        }
        Ok(())
    })
    .await
}

/// 2.4.11, 1.4.10: at 400 % too, what has the focus can be seen, all of it in height.
#[tokio::test(flavor = "multi_thread")]
async fn what_has_the_focus_is_not_covered() -> Result<()> {
    const COVERED: &str = "
        let at = root.activeElement, box = at.getBoundingClientRect();
        const found = root.elementFromPoint(box.x + box.width / 2, box.y + Math.min(box.height / 2, 20));
        return at == found || at.contains(found) || found?.parentElement == at.parentElement ? null : `${at.name || at.type} is under ${found?.outerHTML.slice(0, 60)}`";
    chromium_case("focus-seen", async |world: &World| {
        for device in [PHONE, ZOOMED] {
            world.browser.look_with(device).await?;
            open_in(world, "it").await?;
            for _ in 0..10 {
                world.browser.press(Key::Tab).await?;
                assert_eq!(evaluate(world, COVERED).await?, Value::Null, "{}", device.name);
            }
        }
        Ok(())
    })
    .await
}

/// 1.4.12: more space between letters, words and lines takes nothing away.
#[tokio::test(flavor = "multi_thread")]
async fn texts_may_be_spaced_out() -> Result<()> {
    const SPACE: &str = "const sheet = new CSSStyleSheet();
        sheet.replaceSync('* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important } p { margin-bottom: 2em !important }');
        root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet]";
    const CUT: &str = "
        const cut = [...root.querySelectorAll('button, legend, label, p, h2, span')].filter(e => e.offsetWidth && (e.scrollWidth > e.clientWidth + 1 && e.clientWidth && getComputedStyle(e).display != 'inline' && !e.matches('.face span')));
        return cut.map(e => e.outerHTML.slice(0, 80))";
    chromium_case("text-spacing", async |world: &World| {
        for device in [DESKTOP, PHONE] {
            world.browser.look_with(device).await?;
            let widget = open_in(world, "it").await?;
            answer(&widget).await?;
            evaluate(world, SPACE).await?;
            assert_eq!(evaluate(world, CUT).await?, json!([]), "{}", device.name);
            axe::finds_nothing(&world.browser, "spaced out").await?;
        }
        Ok(())
    })
    .await
}

/// 1.4.1, 1.4.11 with the system's own colours: what is chosen differs from what is not, and what
/// has the focus is marked.
#[tokio::test(flavor = "multi_thread")]
async fn forced_colours_show_choice_and_focus() -> Result<()> {
    const LOOK: &str = "
        const look = (question, value) => {
            const input = root.querySelector(`[name=${question}][value='${value}']`);
            const seen = input.nextSibling;
            return [getComputedStyle(input).backgroundColor, getComputedStyle(seen).color, getComputedStyle(seen, '::before').content].join();
        };
        return ['recommend', 'stars', 'faces'].map(question => look(question, 3) != look(question, 5))";
    // The chosen star as the chosen number, those below it as what is chosen; the face keeps its eyes.
    const DRAWN: &str = "
        const seen = (question, value) => root.querySelector(`[name=${question}][value='${value}'] + span`);
        const star = (value) => getComputedStyle(seen('stars', value), '::before').color;
        return [
            star(3) == getComputedStyle(seen('recommend', 3)).color,
            star(2) == getComputedStyle(seen('stars', 3).previousSibling).backgroundColor,
            getComputedStyle(seen('faces', 1)).backgroundImage.includes('gradient'),
        ]";
    const RING: &str = "const style = getComputedStyle(root.activeElement); return [style.outlineStyle, parseFloat(style.outlineWidth) >= 2]";
    chromium_case("forced-colours", async |world: &World| {
        for scheme in ["light", "dark"] {
            let wishes = [("forced-colors", "active"), ("prefers-color-scheme", scheme)];
            world.browser.prefer(&wishes).await?;
            let widget = open_in(world, "it").await?;
            for question in ["recommend", "stars", "faces"] {
                widget.choose(question, "3").await?;
            }
            assert_eq!(evaluate(world, LOOK).await?, json!([true, true, true]), "{scheme}");
            assert_eq!(evaluate(world, DRAWN).await?, json!([true, true, true]), "{scheme}");
            world.browser.press(Key::Tab).await?;
            assert_eq!(evaluate(world, RING).await?, json!(["solid", true]), "{scheme}");
            let edge =
                "return getComputedStyle(root.querySelector('[type=submit]')).borderTopStyle";
            assert_eq!(evaluate(world, edge).await?, "solid", "{scheme}");
        }
        Ok(())
    })
    .await
}

/// 2.3.3: who has asked for less motion gets none; others see the form rise.
#[tokio::test(flavor = "multi_thread")]
async fn motion_is_for_those_who_have_not_asked_for_less() -> Result<()> {
    const MOVES: &str =
        "return getComputedStyle(root.querySelector('[part=panel]')).animationName != 'none'";
    chromium_case("less-motion", async |world: &World| {
        for (wish, moves) in [("reduce", false), ("no-preference", true)] {
            world.browser.prefer(&[("prefers-reduced-motion", wish)]).await?;
            open_in(world, "it").await?;
            assert_eq!(evaluate(world, MOVES).await?, json!(moves), "{wish}");
        }
        Ok(())
    })
    .await
}

/// 3.1.2: what is written in another language than the rest says so.
#[tokio::test(flavor = "multi_thread")]
async fn words_of_another_language_are_marked() -> Result<()> {
    const LANGUAGES: &str = "return ['h2', 'legend', '.hint', '.options span', '[type=submit]', '.ends'].map(s => root.querySelector(s).closest('[lang]')?.lang ?? root.host.lang)";
    case("parts-language", async |world: &World| {
        for (language, expected) in [
            ("it", ["it", "it", "it", "it", "it", "it"]),
            ("de", ["it", "it", "it", "it", "de", "de"]),
        ] {
            open_in(world, language).await?;
            assert_eq!(evaluate(world, LANGUAGES).await?, json!(expected));
        }
        Ok(())
    })
    .await
}

/// Numbers as they are written where the visitor is; four digits are not grouped. Older browsers have
/// other digits for Arabic than CLDR has now.
#[tokio::test(flavor = "multi_thread")]
async fn numbers_are_written_as_the_language_does() -> Result<()> {
    const NUMBERS: &str = "return ['.s10.number span', '[name=recommend][value=\"7\"] + span'].map(s => root.querySelector(s).innerText)
        .concat(root.querySelector('[name=recommend][value=\"7\"]').ariaLabel, root.querySelector('.left').innerText,
            [7, 10, 1000].map(n => n.toLocaleString(root.host.lang, {useGrouping: 'min2', numberingSystem: 'latn'})))";
    case("numbers", async |world: &World| {
        for language in ["it", "ar", "de"] {
            open_in(world, language).await?;
            let found = evaluate(world, NUMBERS).await?;
            let texts: Vec<String> = serde_json::from_value(found)?;
            let [_, seen, name, left, seven, ten, thousand] = &texts[..] else {
                panic!("{texts:?}")
            };
            assert_eq!(seen, seven, "{language}");
            assert!(name.contains(seven) && name.contains(ten), "{language}: {name}");
            assert!(left.contains(thousand), "{language}: {left} has no {thousand}");
        }
        Ok(())
    })
    .await
}
