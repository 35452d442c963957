//! A linear program that grows: maximise c·x with A·x ≤ b and x ≥ 0, columns and rows added between solves, costs changed at will.
//!
//! The primal simplex method with the inverse of the basis in full. Nothing is trusted but its duals, and these only as a good guess:
//! whoever asks computes a bound from them that holds for any, so rounding here can cost time and never truth.
#![expect(clippy::as_conversions, clippy::indexing_slicing, reason = "indexes are u32 to be compact, and made here within range")]

use super::effort::Effort;

/// A coefficient or a reduced cost up to this is rounding.
const TINY: f64 = 1e-9;

/// The least number that may be divided by.
const PIVOT_MIN: f64 = 1e-6;

/// How often an optimum is looked at anew at most: what gains after that is rounding.
const REFRESHED_MOST: u32 = 3;

/// See [`Simplex::least`].
const LEAST: f64 = 1e-9;

/// How far below nought a value may come for a steadier pivot.
const SLIP: f64 = 1e-10;

/// An entry of the inverse up to this is nought.
const ROUNDED: f64 = 1e-11;

/// By how much an inverse may err before it is computed anew.
const WORN: f64 = 1e-7;

/// The number of pivots after which the inverse is computed anew.
const INVERT: u64 = 2048;

/// By how much right sides are spread: each is a little above the true one, each by another little, so that few bases tie and none
/// comes twice.
const SPREAD: f64 = 1e-6;

/// How many columns that may enter are kept in mind at once.
const CANDIDATES: usize = 64;

/// The number of pivots after which duals and values are computed anew from the inverse.
const REFRESH: u64 = 128;

/// A column: its cost and where it has which coefficients.
#[derive(Clone, Debug)]
struct Column {
    cost: f64,
    entries: Vec<(u32, f64)>,
    basic: bool,
}

/// A linear program with a feasible basis.
pub(crate) struct Simplex {
    columns: Vec<Column>,
    rhs: Vec<f64>,
    /// The slack column of each row.
    slacks: Vec<u32>,
    /// The column that is basic in each row, and its value.
    basis: Vec<u32>,
    values: Vec<f64>,
    /// The inverse of the basis, by rows of `stride`.
    inverse: Vec<f64>,
    stride: usize,
    duals: Vec<f64>,
    candidates: Vec<u32>,
    /// Whether the inverse has changed since it was computed from the basis.
    worn: bool,
    pivots: u64,
}

impl Simplex {
    /// A program of so many rows with the right side 1, and no column but the slacks.
    pub(crate) fn new(rows: usize) -> Self {
        let stride = rows + 64;
        let mut simplex = Self {
            columns: Vec::new(),
            rhs: Vec::new(),
            slacks: Vec::new(),
            basis: Vec::new(),
            values: Vec::new(),
            inverse: vec![0.0; rows * stride],
            stride,
            duals: vec![0.0; rows],
            candidates: Vec::new(),
            worn: false,
            pivots: 0,
        };
        for row in 0..rows {
            let slack = simplex.slack(row);
            simplex.columns[slack as usize].basic = true;
            simplex.basis.push(slack);
            simplex.values.push(simplex.rhs[row]);
            simplex.inverse[row * stride + row] = 1.0;
        }
        simplex
    }

    /// The right side and the slack column of a new row.
    fn slack(&mut self, row: usize) -> u32 {
        let spread = SPREAD * (1.0 + (row.wrapping_mul(2_654_435_761) % 1009) as f64 / 1009.0);
        self.rhs.push(1.0 + spread);
        let slack = self.add_column(0.0, vec![(row as u32, 1.0)]);
        self.slacks.push(slack);
        slack
    }

    /// Adds a column and says its number.
    pub(crate) fn add_column(&mut self, cost: f64, entries: Vec<(u32, f64)>) -> u32 {
        self.columns.push(Column { cost, entries, basic: false });
        (self.columns.len() - 1) as u32
    }

    /// Adds a row with the right side 1, the columns' coefficients in it given. Where it is broken now a column pays for that, at first
    /// so much a unit: the number of the row, and of that column.
    pub(crate) fn add_row(&mut self, coefficients: &[(u32, f64)], penalty: f64) -> (u32, Option<u32>) {
        let row = self.rhs.len();
        if row >= self.stride {
            self.widen();
        }
        for (column, coefficient) in coefficients {
            self.columns[*column as usize].entries.push((row as u32, *coefficient));
        }
        let slack = self.slack(row);
        let mut left = self.rhs[row];
        let mut inverse = vec![0.0; self.stride];
        for at in 0..row {
            let column = &self.columns[self.basis[at] as usize];
            let Some((_, coefficient)) = column.entries.last().filter(|(entry, _)| *entry as usize == row) else { continue };
            left -= coefficient * self.values[at];
            for (sum, entry) in inverse.iter_mut().zip(&self.inverse[at * self.stride..][..row]) {
                *sum -= coefficient * entry;
            }
        }
        inverse[row] = 1.0;
        // Where the row is broken now, a column that pays for it is basic instead of the slack.
        let (basic, sign) = if left >= 0.0 { (slack, 1.0) } else { (self.add_column(-penalty, vec![(row as u32, -1.0)]), -1.0) };
        inverse.iter_mut().for_each(|entry| *entry *= sign);
        self.columns[basic as usize].basic = true;
        self.basis.push(basic);
        self.values.push(left * sign);
        self.inverse.extend_from_slice(&inverse);
        self.duals.push(0.0);
        self.refresh();
        (row as u32, (basic != slack).then_some(basic))
    }

    fn widen(&mut self) {
        let (old, new) = (self.stride, self.stride + 256);
        let rows = self.rhs.len();
        let mut inverse = vec![0.0; rows * new];
        for row in 0..rows {
            inverse[row * new..][..old].copy_from_slice(&self.inverse[row * old..][..old]);
        }
        (self.inverse, self.stride) = (inverse, new);
    }

    /// Changes the cost of a column. [`Simplex::refresh`] has to follow.
    pub(crate) fn set_cost(&mut self, column: u32, cost: f64) {
        self.columns[column as usize].cost = cost;
    }

    /// How many columns there are.
    pub(crate) fn width(&self) -> usize {
        self.columns.len()
    }

    /// The dual price of a row; never negative after a solve.
    pub(crate) fn dual(&self, row: u32) -> f64 {
        self.duals[row as usize]
    }

    /// The columns with a value, in the order of rows.
    pub(crate) fn solution(&self) -> impl Iterator<Item = (u32, f64)> + '_ {
        self.basis.iter().copied().zip(self.values.iter().copied())
    }

    /// Computes values and duals from the inverse.
    pub(crate) fn refresh(&mut self) {
        let rows = self.rhs.len();
        self.duals.iter_mut().for_each(|dual| *dual = 0.0);
        for row in 0..rows {
            let inverse = &self.inverse[row * self.stride..][..rows];
            self.values[row] = inverse.iter().zip(&self.rhs).map(|(entry, right)| entry * right).sum::<f64>().max(self.least(row));
            let cost = self.columns[self.basis[row] as usize].cost;
            if cost != 0.0 {
                for (dual, entry) in self.duals.iter_mut().zip(inverse) {
                    *dual += cost * entry;
                }
            }
        }
        self.candidates.clear();
    }

    /// Goes to the optimum; says whether the optimum was reached before the effort was spent.
    pub(crate) fn solve(&mut self, effort: &mut Effort<'_>) -> bool {
        let (mut refreshed, mut again, mut renewed) = (false, 0, false);
        loop {
            let Some(column) = self.entering() else {
                if again == REFRESHED_MOST && !renewed && self.renew() {
                    (renewed, again) = (true, 0);
                    continue;
                }
                if refreshed || again == REFRESHED_MOST {
                    return true;
                }
                self.refresh();
                (refreshed, again) = (true, again + 1);
                continue;
            };
            if !effort.step() {
                return false;
            }
            refreshed = false;
            if !self.pivot(column) {
                // Nothing bounds this column: rounding, since every true one has a row.
                self.refresh();
                return true;
            }
            self.pivots += 1;
            if self.pivots.is_multiple_of(INVERT) {
                self.invert();
            }
            if self.pivots.is_multiple_of(REFRESH) {
                self.refresh();
            }
        }
    }

    /// Computes the inverse anew, and all that follows from it; says whether it had changed since that was done.
    pub(crate) fn renew(&mut self) -> bool {
        let worn = self.worn;
        if worn {
            self.invert();
            self.refresh();
        }
        worn
    }

    fn gain(&self, column: &Column) -> f64 {
        column.cost - column.entries.iter().map(|(row, coefficient)| self.duals[*row as usize] * coefficient).sum::<f64>()
    }

    /// The column whose entry gains most a unit, among those kept in mind, which are looked for anew when none of them gains.
    fn entering(&mut self) -> Option<u32> {
        for again in [false, true] {
            if again {
                let gains = self.columns.iter().zip(0_u32..).filter(|(column, _)| !column.basic);
                let gains = gains.map(|(column, at)| (self.gain(column), at)).filter(|(gain, _)| *gain > TINY);
                let mut gains: Vec<(f64, u32)> = gains.collect();
                if gains.len() > CANDIDATES {
                    gains.select_nth_unstable_by(CANDIDATES, |one, other| other.0.total_cmp(&one.0).then(one.1.cmp(&other.1)));
                    gains.truncate(CANDIDATES);
                }
                self.candidates = gains.into_iter().map(|(_, at)| at).collect();
            }
            let mut candidates = std::mem::take(&mut self.candidates);
            let mut best: Option<(f64, u32)> = None;
            candidates.retain(|at| {
                let column = &self.columns[*at as usize];
                let gain = if column.basic { 0.0 } else { self.gain(column) };
                if gain > TINY && best.is_none_or(|(most, first)| gain > most || (gain == most && *at < first)) {
                    best = Some((gain, *at));
                }
                gain > TINY
            });
            self.candidates = candidates;
            if let Some((_, at)) = best {
                return Some(at);
            }
        }
        None
    }

    /// Brings a column into the basis; false when nothing bounds it.
    fn pivot(&mut self, entering: u32) -> bool {
        let direction = self.direction(entering);
        if self.worn && self.error(entering, &direction) > WORN {
            self.invert();
            self.refresh();
            return true;
        }
        // What leaves is, of all that would be at nought first within rounding, the one with the steepest way: the steadiest to divide
        // by.
        let falling = || direction.iter().copied().filter(|(_, rate)| *rate > PIVOT_MIN);
        let least = falling().fold(f64::INFINITY, |least, (row, rate)| least.min((self.values[row] + SLIP) / rate));
        let leaving = falling()
            .filter(|(row, rate)| self.values[*row] / rate <= least)
            .max_by(|one, other| one.1.total_cmp(&other.1).then(other.0.cmp(&one.0)));
        let Some((out, rate)) = leaving else { return false };
        let gain = self.gain(&self.columns[entering as usize]);
        let ratio = self.values[out] / rate;
        for (row, rate) in &direction {
            self.values[*row] = (self.values[*row] - ratio * rate).max(self.least(*row));
        }
        self.values[out] = ratio;
        for (at, entry) in self.exchange(out, entering, &direction) {
            self.duals[at] += gain * entry;
        }
        true
    }

    /// What a basic value is at least taken for. Never nought, so that every step gains something, and another each time, so that no way
    /// round is gone twice.
    fn least(&self, row: usize) -> f64 {
        LEAST * (1.0 + ((row as u64 * 40_503 + self.pivots * 2_654_435_761) % 997) as f64 / 997.0)
    }

    /// By how much the basic columns, each as often as the direction says, miss the one that enters.
    fn error(&self, entering: u32, direction: &[(usize, f64)]) -> f64 {
        let mut sums = vec![0.0_f64; self.rhs.len()];
        for (at, coefficient) in &self.columns[entering as usize].entries {
            sums[*at as usize] += coefficient;
        }
        for (row, rate) in direction {
            for (at, coefficient) in &self.columns[self.basis[*row] as usize].entries {
                sums[*at as usize] -= rate * coefficient;
            }
        }
        sums.into_iter().fold(0.0, |most, sum| most.max(sum.abs()))
    }

    /// How fast each basic value falls as a column enters; where it does not, nothing.
    fn direction(&self, entering: u32) -> Vec<(usize, f64)> {
        let rows = self.rhs.len();
        let entries = &self.columns[entering as usize].entries;
        let rate = |row: usize| {
            let inverse = &self.inverse[row * self.stride..][..rows];
            entries.iter().map(|(at, coefficient)| inverse[*at as usize] * coefficient).sum::<f64>()
        };
        (0..rows).map(|row| (row, rate(row))).filter(|(_, rate)| rate.abs() > TINY).collect()
    }

    /// Exchanges the column of a row of the basis for another; gives the new row of the inverse.
    fn exchange(&mut self, out: usize, entering: u32, direction: &[(usize, f64)]) -> Vec<(usize, f64)> {
        let (rows, stride) = (self.rhs.len(), self.stride);
        let rate = direction.iter().find(|(row, _)| *row == out).map_or(1.0, |(_, rate)| *rate);
        let pivot_row = &mut self.inverse[out * stride..][..rows];
        pivot_row.iter_mut().for_each(|entry| *entry = if entry.abs() > ROUNDED { *entry / rate } else { 0.0 });
        let sparse: Vec<(usize, f64)> = pivot_row.iter().copied().enumerate().filter(|(_, entry)| *entry != 0.0).collect();
        for (row, rate) in direction.iter().filter(|(row, _)| *row != out) {
            let inverse = &mut self.inverse[row * stride..][..rows];
            for (at, entry) in &sparse {
                let moved = inverse[*at] - rate * entry;
                inverse[*at] = if moved.abs() > ROUNDED { moved } else { 0.0 };
            }
        }
        self.columns[self.basis[out] as usize].basic = false;
        self.columns[entering as usize].basic = true;
        self.basis[out] = entering;
        self.worn = true;
        sparse
    }

    /// Computes the inverse anew from the basis, column by column.
    fn invert(&mut self) {
        let rows = self.rhs.len();
        let wanted = std::mem::take(&mut self.basis);
        wanted.iter().for_each(|column| self.columns[*column as usize].basic = false);
        self.inverse.iter_mut().for_each(|entry| *entry = 0.0);
        (0..rows).for_each(|row| self.inverse[row * self.stride + row] = 1.0);
        self.basis.clone_from(&self.slacks);
        let mut settled = vec![false; rows];
        let mut left = Vec::new();
        for column in wanted {
            match self.slacks.iter().position(|slack| *slack == column) {
                Some(row) => settled[row] = true,
                None => left.push(column),
            }
        }
        self.basis.iter().for_each(|slack| self.columns[*slack as usize].basic = true);
        // The shortest first: they leave most of the inverse as it is.
        left.sort_by_key(|column| (self.columns[*column as usize].entries.len(), *column));
        for column in left {
            let direction = self.direction(column);
            let open = direction.iter().filter(|(row, rate)| !settled[*row] && rate.abs() > PIVOT_MIN);
            let steepest = open.max_by(|one, other| one.1.abs().total_cmp(&other.1.abs()).then(other.0.cmp(&one.0)));
            if let Some((out, _)) = steepest.copied() {
                self.exchange(out, column, &direction);
                settled[out] = true;
            }
        }
        self.worn = false;
    }
}
