// SurveyJS, fetched when somebody wants to answer: it has no button of its own.
const style = () =>
  new Promise((loaded) => {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = "surveyjs/survey.css";
    link.onload = link.onerror = loaded;
    document.head.append(link);
  });

document.querySelector("#feedback").onclick = () =>
  Promise.all([import("./surveyjs-form.js"), style()]).then(([{ show }]) => show());
