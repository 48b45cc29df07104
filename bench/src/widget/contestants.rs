//! Who is measured: the widget, the libraries beside it, and a page with nothing on it. Each is set
//! up as its documentation says, to ask a score of 0 to 10 and a comment where it can.

/// One page that asks for feedback.
pub struct Contestant {
    pub name: &'static str,
    /// What somebody must know who compares.
    pub note: &'static str,
    /// HTML of the page; `{collector}` and `{key}` stand for ours.
    pub html: &'static str,
    /// What opens the form, and what is there once it can be used; also inside shadow roots.
    pub trigger: &'static str,
    pub usable: &'static str,
}

/// The same page without anybody: what all others are compared with.
pub const NOTHING: Contestant =
    Contestant { name: "nothing", note: "", html: "", trigger: "", usable: "" };

pub const CONTESTANTS: [Contestant; 5] = [
    Contestant {
        name: "ascolto",
        note: "a score and a comment",
        html: "<script async src=\"{collector}/ascolto.js\" data-site=\"{key}\" data-survey=\"measured\"></script>",
        trigger: "[part=button]",
        usable: "[part=panel] [type=submit]",
    },
    Contestant {
        name: "sentry",
        note: "a comment alone: it asks no score",
        html: "<script type=\"module\" src=\"sentry/sentry.js\"></script>",
        trigger: ".widget__actor",
        usable: "textarea",
    },
    Contestant {
        name: "pushfeedback",
        note: "faces and a comment: it asks no score of 0 to 10; nobody answers for its back end and its font, whose addresses are fixed",
        html: "<link rel=\"stylesheet\" href=\"pushfeedback/pushfeedback.css\">\
            <script type=\"module\" src=\"pushfeedback/pushfeedback.esm.js\"></script>\
            <feedback-button project=\"measured\" button-position=\"bottom-right\" modal-position=\"bottom-right\" \
            button-style=\"light\">Feedback</feedback-button>",
        trigger: ".feedback-button-content",
        usable: "textarea",
    },
    Contestant {
        name: "posthog",
        note: "a score, then a comment; recording, page views and clicks turned off",
        html: "<script type=\"module\" src=\"posthog/posthog.js\"></script>",
        trigger: ".ph-survey-widget-tab",
        usable: ".survey-form button",
    },
    Contestant {
        name: "surveyjs",
        note: "a score and a comment; fetched by the page on a click, as it has no button",
        html: "<button id=\"feedback\">Feedback</button><div id=\"survey\"></div>\
            <script type=\"module\" src=\"surveyjs/surveyjs.js\"></script>",
        trigger: "#feedback",
        usable: "#survey textarea",
    },
];
