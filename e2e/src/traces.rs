//! Everything that can be seen of a page, or of the widget on it, so that two of them can be compared.

use crate::browser::Browser;
use anyhow::Result;

/// What a page can see of us, apart from our element: a line for each property of each
/// element, and what else we could have touched.
const OF_PAGE: &str = "
    const lines = [];
    for (const element of document.querySelectorAll('html, head, head *, body, body *:not(ascolto-widget)')) {
        const [style, box] = [getComputedStyle(element), element.getBoundingClientRect()];
        lines.push(`${element.tagName} at ${box.x} ${box.y} ${box.width} ${box.height}`);
        for (const name of style) lines.push(`${element.tagName} ${name}: ${style.getPropertyValue(name)}`);
    }
    for (const native of [fetch, setTimeout, addEventListener, history.pushState, XMLHttpRequest.prototype.open,
        Element.prototype.attachShadow, Promise, console.error]) lines.push(native.toString());
    lines.push(`style sheets: ${document.styleSheets.length} ${document.adoptedStyleSheets.length}`);
    lines.push('kept: ' + JSON.stringify([document.cookie, {...localStorage}, {...sessionStorage}]));
    return lines;";

/// The same for the widget: its element and all in its shadow root.
const OF_WIDGET: &str = "
    const host = document.querySelector('ascolto-widget');
    const lines = [];
    for (const element of [host, ...host.shadowRoot.querySelectorAll('*')]) {
        const name = [element.tagName, element.part.value, element.name, element.value].join(' ').trim();
        const box = element.getBoundingClientRect();
        lines.push(`${name} at ${box.x} ${box.y} ${box.width} ${box.height}`);
        // What is before the element itself is the page's.
        for (const pseudo of element == host ? [null] : [null, '::before']) {
            const style = getComputedStyle(element, pseudo);
            // The page's own variables are inherited, and nobody reads them.
            const properties = [...style].filter(property => !property.startsWith('--'));
            for (const property of properties) lines.push(`${name} ${pseudo ?? ''} ${property}: ${style.getPropertyValue(property)}`);
        }
    }
    return lines;";

pub async fn of_page(browser: &Browser) -> Result<Vec<String>> {
    lines(browser, OF_PAGE).await
}

pub async fn of_widget(browser: &Browser) -> Result<Vec<String>> {
    lines(browser, OF_WIDGET).await
}

async fn lines(browser: &Browser, script: &str) -> Result<Vec<String>> {
    Ok(serde_json::from_value(browser.evaluate(script, vec![]).await?)?)
}
