//! A response a line, in the shape of `GET responses`.

use super::Rows;
use shared::page::ResponseOut;
use std::io::{self, Write};

pub struct JsonLines<W>(pub W);

impl<W: Write> Rows for JsonLines<W> {
    fn write(&mut self, response: &ResponseOut) -> io::Result<()> {
        serde_json::to_writer(&mut self.0, response)?;
        self.0.write_all(b"\n")
    }

    fn end(mut self: Box<Self>) -> io::Result<()> {
        self.0.flush()
    }
}
