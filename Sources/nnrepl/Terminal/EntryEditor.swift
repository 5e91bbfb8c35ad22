// Editing an entry on a terminal, through libedit.
import CEditLine
@preconcurrency import Glibc
import Workbench

/// libedit with keys of our own. Its callbacks carry nothing, and there is one terminal: there is one of these.
enum EntryEditor {
  /// What the editor must ask for.
  struct Calls {
    /// Whether an entry is complete, so that Return ends it.
    let isComplete: (String) -> Bool
    /// What may stand after this beginning of an entry.
    let completion: (String) -> Completion
  }

  enum Result {
    case entry(String)
    case interrupted
    case end
  }

  private struct State {
    let el: OpaquePointer
    let history: OpaquePointer
    let calls: Calls
    let hasPaste: Bool
    var prompt: UnsafeMutablePointer<CChar>?
    var margin = 7
    var isInterrupted = false
    /// The entry as the last Tab left it: another Tab on the same asks for the list.
    var tabbed: String?
    /// A paste too tall to be edited; a note stands in the line for it.
    var held: String?
  }

  private nonisolated(unsafe) static var state: State?

  private typealias Key = @convention(c) (OpaquePointer?, Int32) -> UInt8

  /// A key of our own that ends an entry by libedit's own hand, which also moves below it.
  private static let endKey = "\u{1e}"

  private static func answer(_ code: Int32) -> UInt8 { UInt8(truncatingIfNeeded: code) }

  // MARK: The line

  /// The entry so far, without the line's own end, and where the cursor stands in it.
  private static func line(_ el: OpaquePointer) -> (text: String, before: String, isAtEnd: Bool) {
    guard let line = el_line(el)?.pointee, let start = line.buffer, let cursor = line.cursor,
      let end = line.lastchar
    else { return ("", "", true) }
    func text(to end: UnsafePointer<CChar>) -> String {
      let bytes = UnsafeBufferPointer(start: start, count: end - start)
      return String(decoding: bytes.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
    return (text(to: end), text(to: cursor), cursor == end)
  }

  private static func entry(_ el: OpaquePointer) -> EntryLine {
    let (text, before, _) = line(el)
    return EntryLine(
      text, cursor: before.unicodeScalars.count, margin: state?.margin ?? 0)
  }

  private static func move(_ el: OpaquePointer, by distance: Int) {
    el_cursor(el, Int32(truncatingIfNeeded: distance))
  }

  private static func clear(_ el: OpaquePointer) {
    let (text, before, _) = line(el)
    let count = text.unicodeScalars.count
    move(el, by: count - before.unicodeScalars.count)
    el_deletestr(el, Int32(truncatingIfNeeded: count))
  }

  /// Ends the entry. A plain terminal would draw the line anew for nothing if the cursor stands at its end.
  private static func finish(_ el: OpaquePointer) -> UInt8 {
    let (text, before, isAtEnd) = line(el)
    if !isAtEnd { move(el, by: text.unicodeScalars.count - before.unicodeScalars.count) }
    el_push(el, endKey)
    return answer(isAtEnd ? CC_NORM : CC_CURSOR)
  }

  /// From here on ^C is the kernel's again: pressed right after Return it must not wait in the queue as a
  /// character. What was typed ahead stays there.
  private static func handOverInterrupts(_ on: Bool) {
    var state = termios()
    guard tcgetattr(STDIN_FILENO, &state) == 0 else { return }
    let flags = tcflag_t(ISIG | NOFLSH)
    state.c_lflag = on ? state.c_lflag | flags : state.c_lflag & ~flags
    tcsetattr(STDIN_FILENO, TCSANOW, &state)
  }

  // MARK: Keys

  private static let onBreak: Key = { el, _ in
    guard let el else { return answer(CC_ERROR) }
    // Goes on in a new line, behind the margin.
    el_insertstr(el, "\n" + String(repeating: " ", count: state?.margin ?? 0))
    return answer(CC_REFRESH)
  }

  private static let onReturn: Key = { el, key in
    guard let el, let state else { return answer(CC_ERROR) }
    handOverInterrupts(true)
    let text = Margin.stripped(line(el).text, state.margin)
    if state.held != nil || state.calls.isComplete(text) { return finish(el) }
    handOverInterrupts(false)
    return onBreak(el, key)
  }

  private static let onInterrupt: Key = { el, _ in
    guard let el else { return answer(CC_ERROR) }
    state?.isInterrupted = true
    return finish(el)
  }

  private static let onEnd: Key = { el, _ in
    guard let el else { return answer(CC_ERROR) }
    let (text, _, isAtEnd) = line(el)
    if text.isEmpty { return answer(CC_EOF) }
    if isAtEnd { return answer(CC_ERROR) }
    move(el, by: 1)
    el_deletestr(el, 1)
    return answer(CC_REFRESH)
  }

  private static let onSuspend: Key = { _, _ in
    kill(getpid(), SIGTSTP)
    return answer(CC_REDISPLAY)
  }

  /// The first Tab goes as far as all candidates agree; where they part, another lists them.
  private static let onTab: Key = { el, _ in
    guard let el, let state else { return answer(CC_ERROR) }
    let (text, before, _) = line(el)
    let completion = state.calls.completion(before)
    let found = completion.candidates
    let common = found.count == 1 ? found[0] : completion.common
    var code = CC_REFRESH
    if !found.isEmpty, found.count == 1 || common.count > completion.start {
      if completion.start > 0 { el_deletestr(el, Int32(completion.start)) }
      if !common.isEmpty { el_insertstr(el, common) }
    } else if found.count > 1, state.tabbed == text {
      Console.emit("\n" + Columns.text(found) + "\n")
      code = CC_REDISPLAY
    }
    Self.state?.tabbed = line(el).text
    return answer(code)
  }

  /// Reads what is pasted, up to ESC [ 2 0 1 ~, and puts it in at once.
  private static let onPaste: Key = { el, key in
    guard let el, let state else { return answer(CC_ERROR) }
    let end = Array("\u{1b}[201~".unicodeScalars)
    var pasted: [Unicode.Scalar] = []
    var character: wchar_t = 0
    while pasted.suffix(end.count) != end[...], el_wgetc(el, &character) == 1 {
      // Its end may never come: Ctrl-C leaves it.
      if character == 3 { return onInterrupt(el, key) }
      let scalar = Unicode.Scalar(UInt32(bitPattern: character)) ?? "\u{fffd}"
      pasted.append(scalar == "\r" ? "\n" : scalar)
    }
    if pasted.suffix(end.count) == end[...] { pasted.removeLast(end.count) }
    var text = String(String.UnicodeScalarView(pasted))
    text = Margin.added(Paste.cleaned(text), state.margin)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).count
    if lines > Console.size.rows - 3, line(el).text.isEmpty {
      // An entry taller than the screen cannot be drawn: it is kept aside.
      Self.state?.held = text
      text = "[\(lines) lines pasted; Return runs them, Ctrl-C drops them]"
    }
    el_insertstr(el, text)
    return answer(CC_REFRESH)
  }

  // libedit's own keys for these act on the whole of the entry.

  private static let onHome: Key = { el, _ in
    guard let el else { return answer(CC_ERROR) }
    move(el, by: entry(el).toStart)
    return answer(CC_CURSOR)
  }

  private static let onLineEnd: Key = { el, _ in
    guard let el else { return answer(CC_ERROR) }
    move(el, by: entry(el).toEnd)
    return answer(CC_CURSOR)
  }

  private static let onKill: Key = { el, _ in
    guard let el else { return answer(CC_ERROR) }
    let count = entry(el).killed
    move(el, by: count)
    el_deletestr(el, Int32(truncatingIfNeeded: count))
    return answer(CC_REFRESH)
  }

  /// To the line above or below, or else to an earlier or later entry.
  private static func climb(_ el: OpaquePointer?, above: Bool) -> UInt8 {
    guard let el else { return answer(CC_ERROR) }
    if let distance = entry(el).toLine(above: above) {
      move(el, by: distance)
      return answer(CC_CURSOR)
    }
    el_push(el, above ? "\u{10}" : "\u{e}")
    return answer(CC_NORM)
  }

  private static let onUp: Key = { el, _ in climb(el, above: true) }
  private static let onDown: Key = { el, _ in climb(el, above: false) }

  private static let onBackspace: Key = { el, _ in
    guard let el else { return answer(CC_ERROR) }
    let count = entry(el).erased
    if count == 0 { return answer(CC_ERROR) }
    if state?.held != nil {
      state?.held = nil
      clear(el)
    } else {
      el_deletestr(el, Int32(truncatingIfNeeded: count))
    }
    return answer(CC_REFRESH)
  }

  private static let keys: [(name: String, run: Key, keys: [String])] = [
    ("nn-return", onReturn, ["^M", "^J"]),
    ("nn-break", onBreak, ["\\e^M", "\\e^J"]),
    ("nn-interrupt", onInterrupt, ["^C"]),
    ("nn-end", onEnd, ["^D"]),
    ("nn-suspend", onSuspend, ["^Z"]),
    ("nn-tab", onTab, ["^I"]),
    ("nn-paste", onPaste, ["\\e[200~"]),
    ("nn-home", onHome, ["^A", "\\e[H", "\\eOH", "\\e[1~"]),
    ("nn-line-end", onLineEnd, ["^E", "\\e[F", "\\eOF", "\\e[4~"]),
    ("nn-kill", onKill, ["^K"]),
    ("nn-up", onUp, ["\\e[A", "\\eOA"]),
    ("nn-down", onDown, ["\\e[B", "\\eOB"]),
    ("nn-backspace", onBackspace, ["^?", "^H"]),
  ]

  /// libedit's own functions under the keys that learners expect.
  private static let own = [
    ("^R", "em-inc-search-prev"), ("^P", "ed-prev-history"), ("^N", "ed-next-history"),
    ("^^", "ed-newline"), ("\\e[C", "ed-next-char"), ("\\e[D", "ed-prev-char"),
    ("\\e[3~", "ed-delete-next-char"), ("\\e[1;5C", "em-next-word"),
    ("\\e[1;5D", "ed-prev-word"),
  ]

  // MARK: Reading

  /// False if the terminal cannot be edited on.
  static func open(_ calls: Calls) -> Bool {
    setlocale(LC_CTYPE, "")
    let codeset = nl_langinfo(nl_item(CODESET)).map { String(cString: $0) }
    if codeset != "UTF-8" { setlocale(LC_CTYPE, "C.UTF-8") }
    guard let el = el_init("nnrepl", stdin, stdout, stderr), let history = history_init() else {
      return false
    }
    let term = getenv("TERM").map { String(cString: $0) }
    state = State(el: el, history: history, calls: calls, hasPaste: term != "dumb")
    nnrepl_history_limit(history, 5000)
    nnrepl_edit_prompt(el) { _ in EntryEditor.state?.prompt }
    nnrepl_edit_mode(el, "emacs")
    nnrepl_edit_recalls(el, history)
    nnrepl_edit_set(el, EL_SIGNAL, 1)
    for key in keys {
      // libedit keeps the name, not a copy.
      nnrepl_edit_add(el, strdup(key.name), key.run)
      for sequence in key.keys { nnrepl_edit_bind(el, sequence, key.name) }
    }
    for (key, name) in own { nnrepl_edit_bind(el, key, name) }
    el_source(el, nil)
    // ^C and ^Z reach the functions above instead of the kernel.
    nnrepl_edit_without(el, "-isig")
    return true
  }

  /// Reads one entry.
  /// - Parameters:
  ///   - prompt: may contain escape sequences between \001 and \001.
  ///   - margin: spaces that begin every line of the entry but the first.
  static func read(_ prompt: String, margin: Int) -> Result {
    guard let el = state?.el, let hasPaste = state?.hasPaste else { return .end }
    free(state?.prompt)
    state?.prompt = strdup(prompt)
    state?.margin = margin
    state?.isInterrupted = false
    state?.tabbed = nil
    if hasPaste { Console.emit("\u{1b}[?2004h") }
    // Before the prompt appears, so that what is typed at once is not echoed by the kernel too.
    nnrepl_edit_set(el, EL_PREP_TERM, 1)
    var count: Int32 = 0
    let line = el_gets(el, &count)
    if hasPaste { Console.emit("\u{1b}[?2004l") }
    defer { state?.held = nil }
    if state?.isInterrupted == true { return .interrupted }
    guard let line, count > 0 else { return .end }
    return .entry(state?.held ?? String(cString: line))
  }

  /// Forgets all entries that Up and Ctrl-R find.
  static func forget() { if let state { nnrepl_history_clear(state.history) } }

  static func offer(_ entry: String) {
    if let state { nnrepl_history_enter(state.history, entry) }
  }
}
