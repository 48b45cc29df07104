//! `ascolto serve` and `ascolto demo`

use super::print::say;
use crate::demo;
use crate::doors::{Doors, Tls};
use crate::server::{self, Server, Stop, Store};
use crate::settings::Settings;
use crate::telemetry::{collect_figures, keep_figures, start_log};
use anyhow::{Context, Result};
use std::net::SocketAddr;
use std::path::PathBuf;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

pub fn serve(settings: &Settings) -> Result<()> {
    start_log(settings);
    Runtime::new()?.block_on(async {
        let stop = Stop::catch()?;
        let (server, store) = open(settings, settings.data()).await?;
        let data = settings.data();
        say(&format!("ascolto listens on {}, data in {}", server.url, data.display()));
        server::serve(store, server, stop).await
    })
}

pub fn demo(settings: &Settings, responses: u32) -> Result<()> {
    start_log(settings);
    Runtime::new()?.block_on(async {
        let mut stop = Stop::catch()?;
        let (server, store) = open(settings, settings.demo_data()).await?;
        if !demo::prepare(&store.app, responses, &mut stop).await? {
            say("stopped; the next start goes on from here");
            return store.close().await;
        }
        let link = demo::dashboard_link(&store.app).await?;
        let public_url = &store.app.public_url;
        say(&format!("\nA page with the widget   {public_url}/demo/"));
        say(&format!("The dashboard            {link}"));
        say(&format!("The HTTP interface       {public_url}/docs"));
        say("\nThe dashboard's link signs in once; start again for another. Ctrl-C stops.");
        server::serve(store, server, stop).await?;
        say("ascolto has stopped");
        Ok(())
    })
}

/// Listens before the data folder is opened: a taken port is told without waiting.
async fn open(settings: &Settings, data: PathBuf) -> Result<(Server, Store)> {
    server::allow_files(settings.connections_max);
    let tls = Tls::from_files(settings.tls_cert.as_deref(), settings.tls_key.as_deref())?;
    let listener = bind(settings.listen).await?;
    let address = listener.local_addr()?;
    let figures = collect_figures()?;
    tokio::spawn(keep_figures(figures.clone()));
    let doors = Doors::new(settings.clone(), Some(figures));
    let store = Store::open(&data, settings.public_url(address), doors).await?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    Ok((Server { listener, tls, url: format!("{scheme}://{address}") }, store))
}

async fn bind(listen: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}"))
}
