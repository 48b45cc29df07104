// What assistive technology is told beside the markup: here because it is less code than there.

const questionsOf = EAGER(({ root }) => root.querySelectorAll("[data-question]"));

/// Of a form that is new in the page: which questions are one choice, which must be answered, and which
/// words are written in another language than the widget's own.
export const introduce = EAGER((page) => {
  const { panel, survey, locale } = page;
  for (const question of questionsOf(page)) {
    if (question.querySelector("[type=radio]")) question.role = "radiogroup";
    const { required } = survey.questions.find(({ key }) => key == question.dataset.question);
    const element = question.querySelector("textarea") ?? question;
    // A group of boxes to tick takes no such thing.
    if (required && (element != question || question.role)) element.ariaRequired = true;
  }
  if (survey.locales[0] == locale) return;
  for (const element of panel.querySelectorAll("h2,legend,.hint,.options span")) {
    element.lang = survey.locales[0];
  }
});

/// Which questions have something wrong with them.
export const markFaults = (page) => {
  for (const question of questionsOf(page)) {
    const wrong = question.querySelector(".fault").textContent ? "true" : null;
    for (const element of [question, ...question.querySelectorAll("textarea")]) {
      element.ariaInvalid = wrong;
    }
  }
};
