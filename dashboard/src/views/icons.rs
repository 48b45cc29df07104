//! Small drawings beside words. They never stand alone: a word says the same.

use leptos::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icon {
    Up,
    Down,
    Same,
    Cross,
    Search,
    Warning,
}

impl Icon {
    const fn path(self) -> &'static str {
        match self {
            Self::Up => "M8 12.500V4M4 7.500 8 3.500l4 4",
            Self::Down => "M8 3.500V12M4 8.500l4 4 4-4",
            Self::Same => {
                "M3 6.200c1.700-1.600 3.300-1.600 5 0s3.300 1.600 5 0M3 10.600c1.700-1.600 3.300-1.600 5 0s3.300 1.600 5 0"
            }
            Self::Cross => "M4.500 4.500l7 7M11.500 4.500l-7 7",
            Self::Search => {
                "M10.600 10.600 14 14M7 11.500a4.500 4.500 0 1 1 0-9 4.500 4.500 0 0 1 0 9"
            }
            Self::Warning => "M8 6v3.200M8 11.800h.01M8 1.800 14.800 13.800H1.200Z",
        }
    }
}

#[component]
pub fn Glyph(icon: Icon) -> impl IntoView {
    view! {
        <svg class="glyph" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
            <path d=icon.path() />
        </svg>
    }
}
