// Which questions are asked after which answers: the rule of `shared/src/survey.rs`, for pages that
// are not of Rust. `stations/asked.json` has cases that both are tried with.

/// Under which a free "other" answer is named in a condition.
const OTHER = "other";

export const scoreRange = ({ kind, scale }) =>
  ({ nps: [0, 10], ces: [1, 7], rating: [1, scale] })[kind];

/// Blank words and an empty list are the same as no answer.
export const isBlank = (answer) => {
  if (answer === undefined || answer === null) return true;
  if (typeof answer == "number") return false;
  if (typeof answer == "string") return !answer.trim();
  if (Array.isArray(answer)) return !answer.length;
  return !answer.selected.length && !answer.other.trim();
};

/// The option keys that an answer names, "other" among them.
const named = (answer) => {
  if (typeof answer == "string") return [answer];
  if (Array.isArray(answer)) return answer;
  return [...answer.selected, OTHER];
};

const holds = ({ min, max, any_of = [] }, answer) => {
  if (typeof answer == "number") return !(answer < min) && !(answer > max);
  return !any_of.length || named(answer).some((key) => any_of.includes(key));
};

/// The questions that somebody with these answers is asked, in order. A question whose condition
/// names a hidden one is hidden too.
export const shown = (survey, answers) => {
  const asked = [];
  for (const question of survey.questions) {
    const rule = question.show_if;
    const answer = rule && answers[rule.question];
    const isAsked = asked.some(({ key }) => key == rule?.question);
    if (!rule || (isAsked && !isBlank(answer) && holds(rule, answer))) asked.push(question);
  }
  return asked;
};

/// Of these answers those that are asked for, and no blank one.
export const given = (survey, answers) =>
  Object.fromEntries(
    shown(survey, answers)
      .filter(({ key, kind }) => kind != "statement" && !isBlank(answers[key]))
      .map(({ key }) => [key, answers[key]]),
  );
