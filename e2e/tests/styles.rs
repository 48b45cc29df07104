//! Other people's styles: the widget looks the same on every page, and every page as it did before.

use anyhow::Result;
use e2e::emulation::{DESKTOP, Device, PHONE};
use e2e::states::asking_every_kind;
use e2e::wait::until_true;
use e2e::{Page, World, case, chromium_case, traces};
use serde_json::{Value, json};

/// Its address on the host, and how it is made.
type File = (&'static str, fn() -> Result<Page>);

struct Styled {
    name: &'static str,
    page: fn() -> Result<Page>,
    /// What its pages fetch.
    files: &'static [File],
    /// Says that its style is there.
    ready: &'static str,
}

const STYLED: [Styled; 4] = [
    Styled {
        name: "examples/plain",
        page: || Page::example("plain/index.html"),
        files: &[],
        ready: "return document.styleSheets.length > 0",
    },
    Styled {
        name: "examples/hostile-css",
        page: || Page::example("hostile-css/index.html"),
        files: &[("/hostile.css", || Page::example("hostile-css/hostile.css"))],
        ready: "return document.styleSheets.length > 0",
    },
    Styled {
        name: "Bootstrap Italia",
        page: || Page::own("bootstrap-italia.html"),
        files: &[("/bootstrap-italia.css", || {
            Page::package("bootstrap-italia/dist/css/bootstrap-italia.min.css")
        })],
        ready: "return document.styleSheets.length > 0",
    },
    Styled {
        name: "Tailwind",
        page: || Page::own("tailwind.html"),
        files: &[("/tailwind.js", || Page::package("@tailwindcss/browser/dist/index.global.js"))],
        ready: "return getComputedStyle(document.body).textTransform == 'uppercase'",
    },
];

/// The pointer, and with it `:hover`, is where the button was clicked.
const BLUR: &str = "document.activeElement.blur()";

#[tokio::test(flavor = "multi_thread")]
async fn no_style_of_a_page_reaches_the_widget() -> Result<()> {
    chromium_case("other-styles", async |world: &World| {
        // Their room would be that of the page's length.
        let hidden = json!({"hidden": true});
        world.browser.ask_tools("Emulation.setScrollbarsHidden", hidden).await?;
        for device in [Device { mobile: false, ..PHONE }, DESKTOP] {
            world.browser.look_with(device).await?;
            let expected = seen_on(world, Page::own("bare.html")?, "return true").await?;
            assert!(expected.len() > 10_000, "{} lines are not the whole form", expected.len());
            for styled in &STYLED {
                put_files(world, styled)?;
                let found = seen_on(world, (styled.page)()?, styled.ready).await?;
                assert_eq!(found.len(), expected.len(), "{}", styled.name);
                let changed = found.iter().zip(&expected).filter(|(one, other)| one != other);
                let changed: Vec<_> = changed.take(20).collect();
                assert_eq!(changed, [], "{} on a {}", styled.name, device.name);
            }
        }
        Ok(())
    })
    .await
}

fn put_files(world: &World, styled: &Styled) -> Result<()> {
    for (path, file) in styled.files {
        world.host.put(path, file()?);
    }
    Ok(())
}

/// The button, then all of the open form that can be seen, once it has been used: what covers it keeps
/// it from that.
async fn seen_on(world: &World, page: Page, ready: &str) -> Result<Vec<String>> {
    let page = asking_every_kind(page.pointing_at(&world.collector)?, &world.collector).await?;
    let widget = world.visit(page).await?;
    until_true("the page's style", async || {
        Ok(world.browser.evaluate(ready, vec![]).await? == Value::Bool(true))
    })
    .await?;
    // Before anything else is fetched.
    widget.find("[part=button]").await?;
    let mut seen = traces::of_widget(&world.browser).await?;
    // Its direction is the page's until then.
    seen.retain(|line| !line.contains("direction:") && !line.contains("inset-inline"));
    widget.open().await?;
    widget.choose("recommend", "2").await?;
    widget.choose("stars", "3").await?;
    world.browser.evaluate(BLUR, vec![]).await?;
    world.browser.comes_to_rest().await?;
    seen.extend(traces::of_widget(&world.browser).await?);
    Ok(seen)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_style_of_ours_reaches_the_page() -> Result<()> {
    case("our-style", async |world: &World| {
        let browser = &world.browser;
        for styled in &STYLED {
            put_files(world, styled)?;
            let page = (styled.page)()?.pointing_at(&world.collector)?;
            let ready = async || {
                until_true("the page's style", async || {
                    Ok(browser.evaluate(styled.ready, vec![]).await? == Value::Bool(true))
                })
                .await
            };
            world.visit(page.clone().without_widget()?).await?;
            ready().await?;
            let before = traces::of_page(browser).await?;
            let widget = world.visit(page).await?;
            ready().await?;
            widget.open().await?;
            let now = traces::of_page(browser).await?;
            let changed: Vec<_> =
                now.iter().zip(&before).filter(|(a, b)| a != b).take(20).collect();
            assert_eq!((changed, now.len()), (vec![], before.len()), "{}", styled.name);
        }
        Ok(())
    })
    .await
}

/// What the owner of a page may change, in words of CSS: the variables and the parts.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_means_it_changes_colours_and_parts() -> Result<()> {
    const STYLE: &str = "<style>
        ascolto-widget { --accent: #0b6e4f; --paper: #fffbe6 }
        ascolto-widget::part(button) { border-radius: 4px }</style><script ";
    const FOUND: &str = "
        const root = document.querySelector('ascolto-widget').shadowRoot;
        const style = part => getComputedStyle(root.querySelector(`[part=${part}]`));
        return [style('button').backgroundColor, style('button').borderRadius, style('panel').backgroundColor]";
    case("page-theme", async |world: &World| {
        let page = world.plain_page()?.replaced("<script ", STYLE);
        world.visit(page).await?.open().await?;
        let found = world.browser.evaluate(FOUND, vec![]).await?;
        assert_eq!(found, json!(["rgb(11, 110, 79)", "4px", "rgb(255, 251, 230)"]));
        Ok(())
    })
    .await
}

/// Who gives colours that cannot be told apart is told so, in the console, when they ask.
#[tokio::test(flavor = "multi_thread")]
async fn bad_contrast_is_told_in_the_console() -> Result<()> {
    const ASK: &str = "
        const said = [], warn = console.warn;
        console.warn = words => said.push(words);
        return ascolto('explain').then(({contrast}) => {
            console.warn = warn;
            return [said, contrast.filter(one => one.ratio < one.needed).map(one => one.what)];
        })";
    const STYLE: &str = "<style>ascolto-widget { --accent: #7ab8ff; --ink: #777 }</style><script ";
    case("contrast-console", async |world: &World| {
        world.visit(world.plain_page()?).await?.open().await?;
        assert_eq!(world.browser.evaluate(ASK, vec![]).await?, json!([[], []]), "as it comes");
        let page = world.plain_page()?.replaced("<script ", STYLE);
        world.visit(page).await?.open().await?;
        let told = [
            "ascolto: contrast of button is 2.07, needs 4.5",
            "ascolto: contrast of text is 4.47, needs 4.5",
            "ascolto: contrast of send is 2.07, needs 4.5",
            "ascolto: contrast of accent is 2.07, needs 3",
        ];
        let expected = json!([told, ["button", "text", "send", "accent"]]);
        assert_eq!(world.browser.evaluate(ASK, vec![]).await?, expected);
        Ok(())
    })
    .await
}

/// The survey's own colours, by the device's scheme and by what the page asks for.
#[tokio::test(flavor = "multi_thread")]
async fn a_survey_brings_its_colours() -> Result<()> {
    const FOUND: &str = "
        const root = document.querySelector('ascolto-widget').shadowRoot;
        return [getComputedStyle(root.querySelector('[type=submit]')).backgroundColor,
            getComputedStyle(root.querySelector('[part=panel]')).backgroundColor]";
    chromium_case("survey-theme", async |world: &World| {
        let survey = json!({"key": "green", "locales": ["it"],
            "theme": {"accent": "#0b6e4f", "background": "#fffbe6", "dark": {"background": "#101010"}},
            "questions": [{"key": "recommend", "kind": "nps", "text": {"it": "Ci consigli?"}}]});
        world.collector.put_survey(&survey).await?;
        let page = world.plain_page()?.with_script_attribute("data-survey", "green")?;
        let (light, dark) = (["rgb(11, 110, 79)", "rgb(255, 251, 230)"], "rgb(16, 16, 16)");
        for (scheme, theme, is_dark) in [
            ("light", "system", false),
            ("dark", "system", true),
            ("dark", "light", false),
            ("light", "dark", true),
        ] {
            world.browser.prefer(&[("prefers-color-scheme", scheme)]).await?;
            world.visit(page.clone().with_script_attribute("data-theme", theme)?).await?.open().await?;
            let found = world.browser.evaluate(FOUND, vec![]).await?;
            match is_dark {
                false => assert_eq!(found, json!(light), "{scheme} {theme}"),
                true => assert_eq!(found[1], json!(dark), "{scheme} {theme}"),
            }
            e2e::axe::finds_nothing(&world.browser, &format!("a theme, {scheme} {theme}")).await?;
        }
        Ok(())
    })
    .await
}
