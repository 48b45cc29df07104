// Keeps what the browser refused, for the test to read.
var violations = [];
document.addEventListener("securitypolicyviolation", function (event) {
  violations.push(event.effectiveDirective + " " + event.blockedURI + " " + event.sample);
});
