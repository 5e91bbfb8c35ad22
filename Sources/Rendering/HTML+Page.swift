// Whole pages.
import Grading

extension HTML {
  /// A whole page that needs nothing else. What it may use is its own style and its own script, by their hashes, so
  /// that nothing in its text can run, and no other file.
  /// - Parameters:
  ///   - asksServer: whether its script may ask the place that it came from.
  ///   - runsEngine: whether its script may compile WebAssembly that the page holds, and run it in a worker.
  ///   - readsOwnFiles: whether scripts may come from files beside the page.
  package static func page(
    _ title: String, style: String = HTML.style, script: String = "", asksServer: Bool = false,
    runsEngine: Bool = false, readsOwnFiles: Bool = false, _ body: [HTML]
  ) -> String {
    let style = "\n" + style + "\n"
    let script = script.isEmpty ? "" : "\n" + script + "\n"
    let policy =
      "default-src 'none'; style-src \(source(style)); "
      + (script.isEmpty
        ? ""
        : "script-src \(readsOwnFiles ? "'self' " : "")\(source(script))\(runsEngine ? " 'wasm-unsafe-eval'" : ""); ")
      + (runsEngine ? "worker-src blob:; " : "")
      + (asksServer ? "connect-src 'self'; " : "") + "base-uri 'none'; form-action 'none'"
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <meta http-equiv="Content-Security-Policy" content="\(policy)">
      <title>\(escaped(title))</title>
      <style>\(style)</style>
      </head>
      <body>
      <main>
      \(body.map { $0.text }.joined(separator: "\n"))
      </main>
      \(script.isEmpty ? "" : "<script>\(script)</script>\n")</body>
      </html>

      """
  }

  /// A text by its hash, as a policy names what may run.
  private static func source(_ text: String) -> String {
    "'sha256-\(Digest.base64(Digest.sha256(Array(text.utf8))))'"
  }

  /// Light and dark, on paper too; good and bad differ in sign and shape as well as in colour.
  package static let style = """
    :root { --ink: #1a1a1a; --paper: #ffffff; --faint: #5c5c5c; --line: #d8d8d8;
      --bar: #2f6fb0; --good: #1d6b3a; --bad: #a3261b; --soft: #f3f5f8; }
    @media (prefers-color-scheme: dark) { :root { --ink: #e8e8e8; --paper: #16181c; --faint: #a8a8a8;
      --line: #3a3d44; --bar: #6aa9e9; --good: #7fd09c; --bad: #f1968d; --soft: #20242b; } }
    body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
    main { max-width: 62rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
    h1 { font-size: 1.5rem; margin: 0 0 .25rem; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
    p { margin: .5rem 0; } .faint { color: var(--faint); } .lead { font-size: 1.05rem; background: var(--soft);
      border-left: .25rem solid var(--bar); padding: .75rem 1rem; }
    .wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; }
    th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; }
    th.n, td.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
    td.bar { width: 30%; } meter { width: 100%; height: 1rem; }
    code, pre { font: .9em/1.4 ui-monospace, monospace; } pre { margin: .3rem 0 0; white-space: pre-wrap;
      overflow-wrap: anywhere; } .pass, .fail { white-space: nowrap; }
    .pass { color: var(--good); } .fail { color: var(--bad); }
    .columns { display: flex; align-items: flex-end; gap: 2px; height: 8rem; } .columns div { flex: 1;
      background: var(--bar); min-height: 1px; } .scale { display: flex; gap: 2px; } .scale span { flex: 1;
      text-align: center; font-size: .75rem; color: var(--faint); }
    details { margin: .1rem 0; font-size: .9rem; color: var(--faint); } summary { cursor: pointer; }
    @media print { main { max-width: none; padding: 0; } details { break-inside: avoid; } }
    """
}
