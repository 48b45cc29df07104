//! Parquet: rows are gathered into groups of a bounded size, each written column by column. Texts,
//! whole numbers, flags and instants (milliseconds in UTC); what is missing is null.

use super::{Cell, CellKind, Column, Rows};
use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical, ZstdLevel};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, Int64Type};
use parquet::errors::Result as ParquetResult;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::Type;
use shared::page::ResponseOut;
use std::io::{self, Write};
use std::sync::Arc;

/// Of a group; whichever comes first.
const ROWS_MAX: usize = 16_384;
const TEXT_BYTES_MAX: usize = 8 << 20;

pub struct Parquet<W: Write + Send> {
    columns: Vec<Column>,
    group: Vec<Gathered>,
    rows: usize,
    text_bytes: usize,
    writer: SerializedFileWriter<W>,
}

/// One column of the group that is being gathered.
struct Gathered {
    /// 1 where there is a value.
    levels: Vec<i16>,
    values: Values,
}

enum Values {
    Texts(Vec<ByteArray>),
    Numbers(Vec<i64>),
    Flags(Vec<bool>),
}

impl<W: Write + Send> Parquet<W> {
    pub fn begin(columns: Vec<Column>, into: W) -> io::Result<Self> {
        let fields = columns.iter().map(|column| field(column).map(Arc::new));
        let fields = fields.collect::<ParquetResult<Vec<_>>>()?;
        let schema = Type::group_type_builder("responses").with_fields(fields).build()?;
        let properties = WriterProperties::builder()
            .set_created_by(concat!("ascolto ", env!("CARGO_PKG_VERSION")).to_owned())
            .set_compression(Compression::ZSTD(ZstdLevel::default()));
        let properties = Arc::new(properties.build());
        let writer = SerializedFileWriter::new(into, Arc::new(schema), properties)?;
        let group = columns.iter().map(Gathered::begin).collect();
        Ok(Self { columns, group, rows: 0, text_bytes: 0, writer })
    }

    fn write_group(&mut self) -> ParquetResult<()> {
        let empty = self.columns.iter().map(Gathered::begin).collect();
        let mut gathered = std::mem::replace(&mut self.group, empty).into_iter();
        let mut group = self.writer.next_row_group()?;
        while let (Some(mut column), Some(next)) = (group.next_column()?, gathered.next()) {
            next.write(&mut column)?;
            column.close()?;
        }
        group.close()?;
        (self.rows, self.text_bytes) = (0, 0);
        Ok(())
    }
}

impl<W: Write + Send> Rows for Parquet<W> {
    fn write(&mut self, response: &ResponseOut) -> io::Result<()> {
        for (column, gathered) in self.columns.iter().zip(&mut self.group) {
            self.text_bytes += gathered.add(column.cell(response));
        }
        self.rows += 1;
        if self.rows == ROWS_MAX || self.text_bytes >= TEXT_BYTES_MAX {
            self.write_group()?;
        }
        Ok(())
    }

    fn end(mut self: Box<Self>) -> io::Result<()> {
        if self.rows > 0 {
            self.write_group()?;
        }
        self.writer.into_inner()?.flush()
    }
}

fn field(column: &Column) -> ParquetResult<Type> {
    let (physical, logical) = match column.kind {
        CellKind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        CellKind::Number => (Physical::INT64, None),
        CellKind::Flag => (Physical::BOOLEAN, None),
        CellKind::Time => (Physical::INT64, Some(LogicalType::timestamp(true, TimeUnit::MILLIS))),
    };
    Type::primitive_type_builder(&column.name, physical)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(logical)
        .build()
}

impl Gathered {
    fn begin(column: &Column) -> Self {
        let values = match column.kind {
            CellKind::Text => Values::Texts(Vec::new()),
            CellKind::Number | CellKind::Time => Values::Numbers(Vec::new()),
            CellKind::Flag => Values::Flags(Vec::new()),
        };
        Self { levels: Vec::new(), values }
    }

    /// Gives back how many bytes of text that was. A cell that is not of the column's kind is null.
    fn add(&mut self, cell: Cell) -> usize {
        let mut bytes = 0;
        let is_there = match (&mut self.values, cell) {
            (Values::Texts(texts), Cell::Text(text)) => {
                bytes = text.len();
                texts.push(text.into_bytes().into());
                true
            }
            (Values::Numbers(numbers), Cell::Number(number)) => {
                numbers.push(number);
                true
            }
            (Values::Numbers(numbers), Cell::Time(time)) => {
                numbers.push(time.millis());
                true
            }
            (Values::Flags(flags), Cell::Flag(flag)) => {
                flags.push(flag);
                true
            }
            _ => false,
        };
        self.levels.push(is_there.into());
        bytes
    }

    fn write(self, column: &mut SerializedColumnWriter<'_>) -> ParquetResult<usize> {
        let levels = Some(self.levels.as_slice());
        match self.values {
            Values::Texts(v) => column.typed::<ByteArrayType>().write_batch(&v, levels, None),
            Values::Numbers(v) => column.typed::<Int64Type>().write_batch(&v, levels, None),
            Values::Flags(v) => column.typed::<BoolType>().write_batch(&v, levels, None),
        }
    }
}
