import { StrictMode, useState } from "react";
import { createRoot } from "react-dom/client";
import { ascolto, useAscolto } from "./use-ascolto.js";

const root = document.getElementById("root");

/// What is rated is what stands on the page: another service, another form.
const Service = ({ name, title }) => {
  useAscolto(root.dataset.feedback, {
    site: root.dataset.site,
    service: name,
    openOn: "event:booking-completed",
  });
  const [reference, setReference] = useState();
  const book = () => {
    const booked = `V-${Date.now() % 10_000}`;
    setReference(booked);
    ascolto("track", "booking-completed", { reference: booked });
  };
  return (
    <>
      <h1>{title}</h1>
      {reference ? (
        <p role="status">Appuntamento prenotato: {reference}.</p>
      ) : (
        <button id="book" type="button" onClick={book}>
          Prenota martedì alle 9
        </button>
      )}
    </>
  );
};

const SERVICES = { "carta-identita": "Carta d’identità", anagrafe: "Anagrafe" };

const App = () => {
  const [service, setService] = useState();
  return (
    <>
      <header className="top">
        <div className="wrap">
          <strong>Comune di Valdora</strong>
        </div>
      </header>
      <main className="wrap">
        <p>
          {Object.entries(SERVICES).map(([name, title]) => (
            <button key={name} id={name} type="button" onClick={() => setService(name)}>
              {title}
            </button>
          ))}
          <button id="none" type="button" onClick={() => setService()}>
            Torna ai servizi
          </button>
        </p>
        {service ? <Service key={service} name={service} title={SERVICES[service]} /> : <h1>Servizi</h1>}
      </main>
    </>
  );
};

// In strict mode React mounts everything twice while it is being developed: the widget must take that.
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
