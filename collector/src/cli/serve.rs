//! `ascolto serve` and `ascolto demo`

use super::args::{Demo, Serve};
use super::config::Config;
use crate::demo;
use crate::server::{self, Stop, Store};
use anyhow::{Context, Result};
use std::net::SocketAddr;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

pub fn serve(config: &Config, serve: Serve) -> Result<()> {
    start_log();
    let listen = serve.listen.unwrap_or(config.listen);
    Runtime::new()?.block_on(async {
        let stop = Stop::catch()?;
        let listener = bind(listen).await?;
        let address = listener.local_addr()?;
        let given = serve.public_url.or_else(|| config.public_url.clone());
        let public_url = given.unwrap_or_else(|| format!("http://{address}"));
        let public_url = public_url.trim_end_matches('/').to_owned();
        let store = Store::open(config.data(), public_url).await?;
        println!("ascolto listens on http://{address}, data in {}", config.data().display());
        server::serve(store, listener, stop).await
    })
}

pub fn demo(config: &Config, demo: Demo) -> Result<()> {
    start_log();
    Runtime::new()?.block_on(async {
        let mut stop = Stop::catch()?;
        let listener = bind(demo.listen).await?;
        let public_url = format!("http://{}", listener.local_addr()?);
        let store = Store::open(config.demo_data(), public_url.clone()).await?;
        if !demo::prepare(&store.app, demo.responses, &mut stop).await? {
            println!("stopped; the next start goes on from here");
            return store.close().await;
        }
        let link = demo::dashboard_link(&store.app).await?;
        println!("\nA page with the widget   {public_url}/demo/");
        println!("The dashboard            {link}");
        println!("The HTTP interface       {public_url}/docs");
        println!("\nThe dashboard's link signs in once; start again for another. Ctrl-C stops.");
        server::serve(store, listener, stop).await
    })
}

async fn bind(listen: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}"))
}

fn start_log() {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .with_target(false)
        .init();
}
