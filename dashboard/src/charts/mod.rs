//! Charts: the geometry is plain arithmetic with tests, the components only draw it.

pub mod bars;
pub mod scale;
pub mod strip;
pub mod trend;
