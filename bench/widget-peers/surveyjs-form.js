import { Model } from "survey-core";
import { renderSurvey } from "survey-js-ui";

const QUESTIONS = [
  {
    type: "rating",
    name: "recommend",
    title: "How likely are you to recommend us?",
    rateMin: 0,
    rateMax: 10,
    isRequired: true,
  },
  { type: "comment", name: "comment", title: "What could we do better?" },
];

export const show = () =>
  renderSurvey(new Model({ elements: QUESTIONS }), document.querySelector("#survey"));
