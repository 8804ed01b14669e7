//! Columns of equal width. The last one is as long as it is.

/// Rows with aligned columns; empty columns are dropped.
pub(crate) fn table(rows: &[Vec<String>]) -> Vec<String> {
    let widths = widths(rows);
    rows.iter().map(|row| line(row, &widths)).collect()
}

fn widths(rows: &[Vec<String>]) -> Vec<usize> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    (0..columns)
        .map(|column| {
            rows.iter()
                .filter_map(|row| row.get(column))
                .map(|cell| width(cell))
                .max()
                .unwrap_or(0)
        })
        .collect()
}

fn line(row: &[String], widths: &[usize]) -> String {
    let mut line = String::new();
    for (cell, wide) in row.iter().zip(widths).filter(|(_, wide)| **wide > 0) {
        line.push_str(cell);
        line.push_str(&" ".repeat(wide - width(cell) + 2));
    }
    line.trim_end().to_owned()
}

/// Columns on the screen: colours have none, Japanese letters have two.
fn width(cell: &str) -> usize {
    console::measure_text_width(cell)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::show::style::{GREEN, paint};

    #[test]
    fn colours_and_wide_letters_do_not_move_columns() {
        let rows = [
            vec![
                paint(GREEN, "+"),
                "server.さくら".to_owned(),
                String::new(),
                "x".to_owned(),
            ],
            vec![
                "-/+".to_owned(),
                "server.a".to_owned(),
                String::new(),
                "y".to_owned(),
            ],
        ];
        let lines = table(&rows);
        assert_eq!(console::strip_ansi_codes(&lines[0]), "+    server.さくら  x");
        assert_eq!(lines[1], "-/+  server.a       y");
    }
}
