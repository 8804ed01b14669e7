//! The pictures of the kinds, drawn for this program: lines in a square of 24 units, in the colour of the text.

/// The path of the picture of `kind`.
pub(super) fn icon(kind: &str) -> &'static str {
    match kind {
        // Two machines in a rack, with their lamps.
        "server" => "M4 4h16v7H4zM4 13h16v7H4zM7 7.5h.1M7 16.5h.1M11 7.5h6M11 16.5h6",
        // One box becomes three.
        "scale" => {
            "M3 9h6v6H3zM15 3h6v5h-6zM15 10h6v5h-6zM15 17h6v5h-6zM9 12h3M12 5.500v14M12 5.500h3M12 12.500h3M12 19.500h3"
        }
        // A globe.
        "dns" | "dns-record" | "zone" => {
            "M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18M3 12h18M12 3c-5 5-5 13 0 18M12 3c5 5 5 13 0 18"
        }
        // A bucket with its handle.
        "r2-bucket" => "M4 8h16l-2 13H6zM4 8c0-6 16-6 16 0M8 12h8",
        // A flash.
        "worker" => "M13 2L5 13h6l-1 9l9-12h-6z",
        // A page in a window.
        "pages" => "M3 4h18v16H3zM3 9h18M6 6.500h.1M9 6.500h.1M7 13h10M7 16h6",
        // A key.
        "kv-namespace" | "ssh-key" => "M8 8a4 4 0 1 0 0 8a4 4 0 1 0 0-8M12 12h9v4M17 12v3",
        // Stacked boxes.
        "service-group" | "container" | "deploy-services" => {
            "M3 13h8v8H3zM13 13h8v8h-8zM8 3h8v8H8zM3 17h8M13 17h8M8 7h8"
        }
        // A shield.
        "packet-filter" => "M12 3l8 3v6c0 5-4 8-8 9c-4-1-8-4-8-9V6zM9 12l2 2l4-4",
        // A line with branches.
        "switch" | "network" => "M3 12h18M7 12V6M12 12v6M17 12V6M5 3h4v3H5zM15 3h4v3h-4zM10 18h4v3h-4z",
        // A sheet with a prompt.
        "startup-script" => "M4 4h16v16H4zM7 9l3 3l-3 3M12 15h5",
        // A cylinder.
        "volume" => "M4 6c0-4 16-4 16 0v12c0 4-16 4-16 0zM4 6c0 4 16 4 16 0M4 12c0 4 16 4 16 0",
        _ => "M4 4h16v16H4z",
    }
}
