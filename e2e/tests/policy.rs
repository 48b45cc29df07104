//! Pages that allow next to nothing: what the widget does there, and what browsers report of it.

use anyhow::{Context, Result};
use e2e::{Page, Widget, World, case};
use serde_json::{Value, json};

/// A page's content security policy, `C` being the collector's origin.
struct Strict {
    name: &'static str,
    policy: &'static str,
    /// Of the script tags.
    nonce: Option<&'static str>,
    pinned: bool,
}

/// The page's own pictures are for Firefox and WebKit, which ask for the page's icon.
const TRUSTED: &str = "img-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'; base-uri 'none'; form-action 'none'";

const STRICT: [Strict; 5] = [
    Strict {
        name: "the collector by its origin",
        policy: "default-src 'none'; script-src 'self' C 'wasm-unsafe-eval'; style-src 'self'; connect-src C",
        nonce: None,
        pinned: false,
    },
    Strict {
        name: "no styles at all",
        policy: "default-src 'none'; script-src 'self' C 'wasm-unsafe-eval'; style-src 'none'; connect-src C",
        nonce: None,
        pinned: false,
    },
    Strict {
        name: "a nonce and no origin",
        policy: "default-src 'none'; script-src 'nonce-c29tZQ' 'wasm-unsafe-eval'; style-src 'nonce-c29tZQ'; connect-src C",
        nonce: Some("c29tZQ"),
        pinned: false,
    },
    Strict {
        name: "a nonce and strict-dynamic",
        policy: "default-src 'none'; script-src 'nonce-c29tZQ' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self'; connect-src C",
        nonce: Some("c29tZQ"),
        pinned: false,
    },
    Strict {
        name: "a pinned loader",
        policy: "default-src 'none'; script-src 'self' C 'wasm-unsafe-eval'; style-src 'self'; connect-src C",
        nonce: None,
        pinned: true,
    },
];

#[tokio::test(flavor = "multi_thread")]
async fn works_under_strict_policies_and_trusted_types() -> Result<()> {
    case("strict-policies", async |world: &World| {
        world.host.put("/violations.js", Page::example("strict-csp/violations.js")?);
        for (sent, strict) in (1..).zip(&STRICT) {
            let widget = visit(world, strict).await.context(strict.name)?;
            answers(&widget).await.context(strict.name)?;
            let violations = world.browser.evaluate("return violations", vec![]).await?;
            assert_eq!(violations, json!([]), "{}", strict.name);
            assert_eq!(world.collector.summary().await?["responses"], sent, "{}", strict.name);
        }
        Ok(())
    })
    .await
}

async fn visit<'a>(world: &'a World, strict: &Strict) -> Result<Widget<'a>> {
    let policy = strict.policy.replace('C', &world.collector.url());
    let mut page = Page::example("strict-csp/index.html")?.pointing_at(&world.collector)?;
    if strict.pinned {
        page = page.with_script_tag(&pinned_tag(world).await?)?;
    }
    if let Some(nonce) = strict.nonce {
        page = page.replaced("<script ", &format!("<script nonce=\"{nonce}\" "));
    }
    let page = page.with_header("content-security-policy", &format!("{policy}; {TRUSTED}"));
    // What shares memory with other sites is walled off too.
    let page = page.with_header("cross-origin-embedder-policy", "require-corp");
    world.visit(page.with_header("cross-origin-opener-policy", "same-origin")).await
}

/// As its owner is told to paste it.
async fn pinned_tag(world: &World) -> Result<String> {
    let tag = world.collector.owner_get("tag").await?;
    Ok(tag["pinned"].as_str().context("no pinned tag")?.to_owned())
}

async fn answers(widget: &Widget<'_>) -> Result<()> {
    widget.open().await?;
    widget.choose("recommend", "1").await?;
    widget.choose("reasons", "waiting").await?;
    widget.send().await?;
    widget.reaches("sent").await
}

/// The browser refuses it, and the page goes on without.
#[tokio::test(flavor = "multi_thread")]
async fn a_pinned_loader_with_other_content_is_not_run() -> Result<()> {
    case("pinned-other", async |world: &World| {
        let tag = pinned_tag(world).await?;
        let (before, after) = tag.split_once("sha384-").context("no integrity")?;
        let other = format!("{before}sha384-AAAA{}", &after[4..]);
        let page = Page::example("strict-csp/index.html")?.with_script_tag(&other)?;
        world.host.put("/violations.js", Page::example("strict-csp/violations.js")?);
        world.visit(page).await?;
        let state = world.browser.evaluate("return [document.readyState, typeof ascolto]", vec![]);
        assert_eq!(state.await?, json!(["complete", "undefined"]));
        let errors = world.browser.console_errors().await?;
        assert!(
            !errors.is_empty() && errors.iter().all(|error| is_of_integrity(error)),
            "only this is complained about: {errors:#?}"
        );
        Ok(())
    })
    .await
}

/// WebKit says no more than that it is not loaded.
fn is_of_integrity(error: &str) -> bool {
    error.contains("integrity") || error.contains("cannot load")
}

/// What a page may find of us under its own policy's eyes: no inline style, no script, no frame.
#[tokio::test(flavor = "multi_thread")]
async fn brings_nothing_that_a_policy_could_be_about() -> Result<()> {
    const FOUND: &str = "
        const root = document.querySelector('ascolto-widget').shadowRoot;
        return [...root.querySelectorAll('style, link, script, iframe, img, object, [style], [onclick]')].map(e => e.outerHTML);";
    case("nothing-inline", async |world: &World| {
        let widget = world.visit(world.plain_page()?).await?;
        widget.open().await?;
        assert_eq!(world.browser.evaluate(FOUND, vec![]).await?, json!([]) as Value);
        Ok(())
    })
    .await
}
