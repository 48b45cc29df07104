//! The table by which a module holds on to elements and other values of the page.
//!
//! wasm-bindgen makes it with places for its own values only, and has it grow by 128 when the first
//! value of the page comes. Browsers double a table that grows: Chromium keeps 8 KiB for two thousand
//! places, where a form needs one hundred.

use anyhow::{Context, Result};
use walrus::ir::{BinaryOp, Call, Instr, InstrLocId, Value, VisitorMut, dfs_pre_order_mut};
use walrus::{ConstExpr, FunctionBuilder, FunctionId, Module, RefType, TableId, ValType};

/// Places for values of the page from the start: twice what wasm-bindgen asks for first.
const SPARE: u64 = 256;
/// What `table.grow` gives where there is no room.
const NO_ROOM: i32 = -1;

/// Makes the table with some places to spare, which are given out before it grows.
pub fn spare_places(module: &mut Module) -> Result<()> {
    let table = module.tables.iter_mut().find(|table| table.element_ty == RefType::EXTERNREF);
    let table = table.context("the module has no table of values")?;
    let (id, taken) = (table.id(), i32::try_from(table.initial)?);
    table.initial += SPARE;
    let growing = growing(module, id, taken);
    let mut calls = Calls { table: id, growing };
    for (function, body) in module.funcs.iter_local_mut() {
        let start = body.entry_block();
        if function != growing {
            dfs_pre_order_mut(&mut calls, body, start);
        }
    }
    Ok(())
}

/// A function in the place of `table.grow`: takes what new places hold, and their number, and gives the
/// first one's. `taken` places have been given out already.
fn growing(module: &mut Module, table: TableId, taken: i32) -> FunctionId {
    let places = [ValType::Ref(RefType::EXTERNREF), ValType::I32];
    let [value, wanted] = places.map(|ty| module.locals.add(ty));
    let [first, next] = [ValType::I32; 2].map(|ty| module.locals.add(ty));
    let start = ConstExpr::Value(Value::I32(taken));
    let taken = module.globals.add_local(ValType::I32, true, false, start);
    let mut function = FunctionBuilder::new(&mut module.types, &places, &[ValType::I32]);
    let missing = |body: &mut walrus::InstrSeqBuilder<'_>| {
        body.local_get(next).table_size(table).binop(BinaryOp::I32Sub);
    };
    let mut body = function.func_body();
    body.global_get(taken).local_tee(first).local_get(wanted).binop(BinaryOp::I32Add);
    body.local_set(next);
    missing(&mut body);
    body.i32_const(0).binop(BinaryOp::I32GtS).if_else(
        None,
        |grown| {
            grown.local_get(value);
            missing(grown);
            grown.table_grow(table).i32_const(NO_ROOM).binop(BinaryOp::I32Eq).if_else(
                None,
                |refused| {
                    refused.i32_const(NO_ROOM).return_();
                },
                |_| {},
            );
        },
        |_| {},
    );
    body.local_get(next).global_set(taken).local_get(first);
    function.finish(vec![value, wanted], &mut module.funcs)
}

/// Has everybody else ask that function.
struct Calls {
    table: TableId,
    growing: FunctionId,
}

impl VisitorMut for Calls {
    fn visit_instr_mut(&mut self, instruction: &mut Instr, _: &mut InstrLocId) {
        if matches!(instruction, Instr::TableGrow(grow) if grow.table == self.table) {
            *instruction = Call { func: self.growing }.into();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    /// A table of 1,028 places and a function `grow` that takes the number of new ones.
    fn module() -> Module {
        let mut module = Module::default();
        let table = module.tables.add_local(false, 1028, None, RefType::EXTERNREF);
        let wanted = module.locals.add(ValType::I32);
        let mut grow = FunctionBuilder::new(&mut module.types, &[ValType::I32], &[ValType::I32]);
        grow.func_body().ref_null(RefType::EXTERNREF).local_get(wanted).table_grow(table);
        let grow = grow.finish(vec![wanted], &mut module.funcs);
        module.exports.add("grow", grow);
        module.exports.add("table", table);
        module
    }

    /// What a script says of a module, `grow` and `table` being the module's.
    fn said(module: &mut Module, script: &str) -> String {
        let bytes = module.emit_wasm();
        let script = format!(
            "const module = new WebAssembly.Module(new Uint8Array({bytes:?}));
            const {{ grow, table }} = new WebAssembly.Instance(module).exports;
            {script}"
        );
        let output = Command::new("node").args(["-e", &script]).output().expect("node");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text").trim().to_owned()
    }

    #[test]
    fn spare_places_are_given_out_before_the_table_grows() {
        let mut module = module();
        spare_places(&mut module).expect("a table");
        let script = "const told = [table.length];
            for (const wanted of [128, 128, 256, 2 ** 31 - 1, 1]) told.push(grow(wanted), table.length);
            console.log(told.join());";
        let told = said(&mut module, script);
        assert_eq!(told, "1284,1028,1284,1156,1284,1284,1540,-1,1540,1540,1541");
    }

    #[test]
    fn a_module_without_such_a_table_is_refused() {
        assert!(spare_places(&mut Module::default()).is_err());
    }
}
