// PostHog with its surveys and without what is no survey's work: recording, page views, clicks.
import posthog from "posthog-js";

posthog.init("phc_measured", {
  api_host: location.origin,
  ui_host: location.origin,
  autocapture: false,
  capture_pageview: false,
  disable_session_recording: true,
});
