//! The period and the filters, and which of them are on.

use super::comparison::Dimension;
use super::icons::{Glyph, Icon};
use crate::browser;
use crate::calendar::Date;
use crate::filters::{Field, Filters, Period};
use crate::format;
use crate::page::Page;
use crate::texts::{Texts, fill};
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use shared::Survey;

#[component]
pub fn FilterBar(page: Page, t: &'static Texts) -> impl IntoView {
    view! {
        <nav class="filter-bar" aria-label=t.filters>
            <div class="filter-bar-inner">
                <Periods page t />
                <div class="selects">
                    <Choice page t field=Field::Survey />
                    <Choice page t field=Field::Channel />
                    <Choice page t field=Field::Service />
                </div>
                <Chips page t />
            </div>
        </nav>
    }
}

const FROM_ID: &str = "from";

#[component]
fn Periods(page: Page, t: &'static Texts) -> impl IntoView {
    let open = RwSignal::new(false);
    let period = Memo::new(move |_| page.filters.with(|filters| filters.period));
    let is_custom = move || matches!(period.get(), Period::Custom(..));
    let choose = move |chosen| {
        open.set(false);
        page.go(|filters| filters.period = chosen);
    };
    let toggle = move |_| {
        open.update(|open| *open = !*open);
        if open.get_untracked() {
            request_animation_frame(|| browser::focus(FROM_ID));
        }
    };
    view! {
        <div class="periods">
            <div class="segments" role="group" aria-label=t.period>
                {Period::NAMED.map(|named| view! {
                    <button type="button" title=t.period_name(named)
                        aria-pressed=move || (period.get() == named).to_string()
                        on:click=move |_| choose(named)>
                        {t.period_short(named)}<span class="hidden">" ("{t.period_name(named)}")"</span>
                    </button>
                }).collect_view()}
                <button type="button" title=t.custom
                    aria-pressed=move || is_custom().to_string()
                    aria-expanded=move || open.get().to_string()
                    on:click=toggle>
                    {t.custom_short}<span class="hidden">" ("{t.custom}")"</span>
                </button>
            </div>
            {move || open.get().then(|| view! { <Dates page t open /> })}
        </div>
    }
}

/// First and last day, to choose freely.
#[component]
fn Dates(page: Page, t: &'static Texts, open: RwSignal<bool>) -> impl IntoView {
    let shown = page.filters.with_untracked(|filters| filters.period.range(page.today));
    let (from, to) = shown.unwrap_or((page.today.minus_months(12), page.today));
    let (from, to) = (RwSignal::new(from.to_string()), RwSignal::new(to.to_string()));
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let read = |text: RwSignal<String>| text.with_untracked(|text| Date::parse(text));
        if let (Some(from), Some(to)) = (read(from), read(to)) {
            open.set(false);
            page.go(|filters| filters.period = Period::Custom(from.min(to), from.max(to)));
        }
    };
    let input = move |id: &'static str, value: RwSignal<String>| {
        view! {
            <input id=id type="date" required=true max=page.today.to_string() prop:value=value
                on:input=move |event| value.set(event_target_value(&event)) />
        }
    };
    view! {
        <form class="dates" on:submit=submit>
            <label class="field"><span>{t.from}</span>{input(FROM_ID, from)}</label>
            <label class="field"><span>{t.to}</span>{input("to", to)}</label>
            <button type="submit" class="primary">{t.apply}</button>
        </form>
    }
}

/// One filter as a list to choose from. Surveys are listed only where there are several.
#[component]
fn Choice(page: Page, t: &'static Texts, field: Field) -> impl IntoView {
    let (label, everything) = match field {
        Field::Survey => (t.survey, t.all_surveys),
        Field::Channel => (t.channel, t.all_channels),
        Field::Service => (t.service, t.all_services),
    };
    let options = Memo::new(move |_| options(page, t, field));
    let is_chosen = move |key: &str| page.filters.with(|f| f.get(field) == Some(key));
    let choose = move |event| {
        let value = Some(event_target_value(&event)).filter(|value| !value.is_empty());
        page.go(|filters| filters.set(field, value));
    };
    let list =
        move || {
            options.get().into_iter().map(|(key, name)| {
            let value = key.clone();
            view! { <option value=value prop:selected=move || is_chosen(&key)>{name}</option> }
        })
        .collect_view()
        };
    move || {
        (field != Field::Survey || options.with(|o| o.len() > 1) || page.filters.with(|f| f.survey.is_some())).then(|| view! {
            <label class="field" class:on=move || page.filters.with(|f| f.get(field).is_some())>
                <span class="hidden">{label}</span>
                <select on:change=choose>
                    <option value="" prop:selected=move || page.filters.with(|f| f.get(field).is_none())>{everything}</option>
                    {list}
                </select>
            </label>
        })
    }
}

/// Keys and names, by name; what is chosen is always among them.
fn options(page: Page, t: &'static Texts, field: Field) -> Vec<(String, String)> {
    let mut keys: Vec<String> = match field {
        Field::Survey => page.surveys.data.with(|out| {
            out.iter().flat_map(|out| out.surveys.iter().map(|s| s.key.clone())).collect()
        }),
        Field::Channel => page.channels.data.with(|out| {
            out.iter().flat_map(|out| out.channels.iter().map(|c| c.channel.clone())).collect()
        }),
        Field::Service => page.services.data.with(|out| {
            out.iter().flat_map(|out| out.groups.iter().filter_map(|g| g.value.clone())).collect()
        }),
    };
    if let Some(chosen) = page.filters.with(|f| f.get(field).map(str::to_owned))
        && !keys.contains(&chosen)
    {
        keys.push(chosen);
    }
    let mut options: Vec<_> =
        keys.into_iter().map(|key| (name(page, t, field, &key), key)).collect();
    options.sort();
    options.into_iter().map(|(name, key)| (key, name)).collect()
}

fn name(page: Page, t: &'static Texts, field: Field, key: &str) -> String {
    match field {
        Field::Survey => page.surveys.data.with(|out| {
            let survey = out.as_ref().and_then(|out| out.surveys.iter().find(|s| s.key == key));
            survey.and_then(|survey| title(t, survey)).unwrap_or_else(|| format::humanise(key))
        }),
        Field::Channel => Dimension::Channel.name(t, Some(key)),
        Field::Service => Dimension::Service.name(t, Some(key)),
    }
}

fn title(t: &'static Texts, survey: &Survey) -> Option<String> {
    survey.localize(survey.negotiate(Some(t.tag))).title
}

/// What narrows the numbers, each with a way to take it off.
#[component]
fn Chips(page: Page, t: &'static Texts) -> impl IntoView {
    move || {
        let chips = chips(page, t);
        (!chips.is_empty()).then(|| view! {
            <ul class="chips" aria-label=t.active_filters>
                {chips.into_iter().map(|chip| view! { <li>{draw_chip(page, t, chip)}</li> }).collect_view()}
            </ul>
        })
    }
}

struct Chip {
    label: String,
    off: fn(&mut Filters),
}

fn chips(page: Page, t: &'static Texts) -> Vec<Chip> {
    let filters = page.filters.get();
    let chosen = |field| filters.get(field).map(|key| name(page, t, field, key));
    let field = |label: &str, field, off: fn(&mut Filters)| {
        chosen(field).map(|name| Chip { label: format!("{label}: {name}"), off })
    };
    let dates = match filters.period {
        Period::Custom(from, to) => {
            Some(Chip { label: format::days(t, (from, to)), off: |f| f.period = Period::default() })
        }
        _ => None,
    };
    let words = (!filters.words.is_empty()).then(|| Chip {
        label: format!("\u{201c}{}\u{201d}", filters.words),
        off: |f| f.words.clear(),
    });
    [
        dates,
        field(t.survey, Field::Survey, |f| f.survey = None),
        field(t.channel, Field::Channel, |f| f.channel = None),
        field(t.service, Field::Service, |f| f.service = None),
        words,
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn draw_chip(page: Page, t: &'static Texts, chip: Chip) -> impl IntoView {
    let Chip { label, off } = chip;
    view! {
        <button type="button" class="chip" aria-label=fill(t.remove_filter, &[&label]) on:click=move |_| page.go(off)>
            {label.clone()}<Glyph icon=Icon::Cross />
        </button>
    }
}
