use std::path::Path;

pub fn build(_root: &Path) -> anyhow::Result<()> {
    anyhow::bail!("not written yet")
}
