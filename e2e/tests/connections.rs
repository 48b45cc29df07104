//! What goes between a visitor's browser and a collector that encrypts by itself.

use anyhow::Result;
use e2e::{Engine, World, case};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::net::{TcpListener, TcpStream};

/// Passes on to the collector what comes, and counts by how many connections it came.
struct Gate {
    address: String,
    taken: Arc<AtomicUsize>,
}

impl Gate {
    async fn before(collector: String) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let (address, taken) = (listener.local_addr()?.to_string(), Arc::<AtomicUsize>::default());
        let counted = Arc::clone(&taken);
        tokio::spawn(async move {
            while let Ok((mut from, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::AcqRel);
                let collector = collector.clone();
                tokio::spawn(async move {
                    let mut to = TcpStream::connect(collector).await?;
                    tokio::io::copy_bidirectional(&mut from, &mut to).await
                });
            }
        });
        Ok(Self { address, taken })
    }

    fn taken(&self) -> usize {
        self.taken.load(Ordering::Acquire)
    }
}

/// Setting up a connection takes three round trips: as long as all the form's files together.
#[tokio::test(flavor = "multi_thread")]
async fn the_tag_the_form_and_the_answer_share_one() -> Result<()> {
    case("one-connection", async |world: &World| {
        world.collector.stop().await?;
        world.collector.serve_encrypted().await?;
        let gate = Gate::before(world.collector.listen()).await?;
        let page = world.plain_page()?.with_script_attribute("crossorigin", "")?;
        let address = format!("https://{}/ascolto.js", gate.address);
        let widget = world.visit(page.with_script_attribute("src", &address)?).await?;
        widget.open().await?;
        assert_eq!(gate.taken(), 1);
        widget.choose("recommend", "9").await?;
        widget.send().await?;
        widget.reaches("sent").await?;
        // GNOME's WebKit asks by another one whether it may send.
        assert_eq!(gate.taken(), if Engine::chosen()? == Engine::WebKit { 2 } else { 1 });
        Ok(())
    })
    .await
}
