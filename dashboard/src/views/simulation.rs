//! "When the form shows": a page's address and a script tag, and what would happen there.

use super::parts::Panel;
use crate::browser;
use crate::page::Page;
use crate::simulation::{Verdict, Visitor, tag, verdict};
use crate::texts::{Texts, fill};
use leptos::prelude::*;

/// Programs that say what they are have such names.
const PROGRAM: &str = "bot";

type Supposed = RwSignal<Visitor>;

#[component]
pub fn Simulation(page: Page, t: &'static Texts) -> impl IntoView {
    let site = page.site.get_value();
    let first = site.origins.first().map(|origin| format!("{origin}/")).unwrap_or_default();
    let address = RwSignal::new(first);
    let pasted = RwSignal::new(tag(&browser::origin(), &site));
    let visitor = RwSignal::new(Visitor::default());
    let found = Memo::new(move |_| {
        page.site.with_value(|site| verdict(&address.get(), &pasted.get(), site, &visitor.read()))
    });
    view! {
        <Panel id="simulation" title=t.simulation>
            <p class="lead">{t.simulation_hint}</p>
            <div class="simulation">
                <label class="field">
                    <span>{t.simulation_address}</span>
                    <input type="url" name="address" prop:value=address
                        on:input=move |event| address.set(event_target_value(&event)) />
                </label>
                <label class="field">
                    <span>{t.simulation_tag}</span>
                    <textarea name="tag" rows="3" spellcheck="false" prop:value=pasted
                        on:input=move |event| pasted.set(event_target_value(&event))></textarea>
                </label>
                {suppositions(visitor, t)}
                <div class="simulation-result" role="status">
                    {move || found.get().map(|found| result(t, found))}
                </div>
            </div>
        </Panel>
    }
}

/// What changes in the visitor when a box is ticked.
type Suppose = fn(&mut Visitor, bool);

fn suppositions(visitor: Supposed, t: &'static Texts) -> impl IntoView {
    const CHANGES: [Suppose; 5] = [
        |visitor, is| visitor.is_private = is,
        |visitor, is| visitor.answered = is,
        |visitor, is| visitor.asked = is,
        |visitor, is| visitor.agreed = is,
        |visitor, is| visitor.agent = if is { PROGRAM } else { "" },
    ];
    let boxes = t.simulation_visitor.iter().zip(CHANGES).map(|(words, change)| {
        view! {
            <label class="check">
                <input type="checkbox"
                    on:change=move |event| visitor.update(|v| change(v, event_target_checked(&event))) />
                <span>{*words}</span>
            </label>
        }
    });
    view! {
        <fieldset class="checks">
            <legend>{t.simulation_the_visitor}</legend>
            {boxes.collect_view()}
        </fieldset>
    }
}

fn result(t: &'static Texts, found: Verdict) -> impl IntoView {
    let (button, reason, trigger, sample, mistakes) = match found {
        Verdict::Unclear { problem } => {
            return view! { <p><strong>{words(t.simulation_problems, &problem)}</strong></p> }
                .into_any();
        }
        Verdict::Clear { button, reason, trigger, sample, mistakes } => {
            (button, reason, trigger, sample, mistakes)
        }
    };
    let verdict = match &reason {
        Some(_) => t.simulation_shows_not.to_owned(),
        None => fill(t.simulation_shows, &[&trigger]),
    };
    let why = reason.as_ref().map(|reason| words(t.simulation_reasons, reason));
    let sample = sample.filter(|_| reason.is_none());
    let sample = sample.map(|sample| fill(t.simulation_sample, &[&sample]));
    let button = if button { t.simulation_button } else { t.simulation_no_button };
    let mistakes = (!mistakes.is_empty()).then(
        || view! { <p class="problem">{fill(t.simulation_mistakes, &[&mistakes.join(", ")])}</p> },
    );
    view! {
        <p><strong>{verdict}</strong>" "{why}" "{sample}{reason.map(|code| view! { " "<code>{code}</code> })}</p>
        <p>{button}</p>
        {mistakes}
    }
    .into_any()
}

/// The words of a code; of one that this page does not know yet, the code.
fn words(of: &[(&'static str, &'static str)], code: &str) -> String {
    let known = of.iter().find(|(known, _)| *known == code);
    known.map_or(code, |(_, words)| words).to_owned()
}
