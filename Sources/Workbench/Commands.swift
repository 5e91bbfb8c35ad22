// `:` commands and questions.
import Autograd
import Builtins
import Diagnostics
import Interpreter
import Lessons
import Rendering
import Session
import Syntax
import Tensors

/// A command of the session, by the word behind its colon.
package struct Command: Sendable {
  package let name: String
  package let argument: String
  package let summary: String

  package static let all: [Command] = [
    Command(name: "help", argument: "[WORD]", summary: "a short guide, or the page of a word"),
    Command(
      name: "vars", argument: "", summary: "the names you made: kind, shape, value, gradient"),
    Command(name: "cells", argument: "", summary: "the cells so far"),
    Command(
      name: "graph", argument: "[NAME]",
      summary: "what a value was computed from; `loss` without a name"),
    Command(
      name: "time", argument: "[CODE]",
      summary: "how long a cell takes, or how long the last one took"),
    Command(
      name: "save", argument: "FILE.nn",
      summary: "writes the cells as a script that `nnrepl run` plays"),
    Command(name: "load", argument: "FILE.nn", summary: "runs a script's cells here"),
    Command(name: "undo", argument: "", summary: "takes the last cell back"),
    Command(
      name: "lesson", argument: "[N]",
      summary: "a lesson, cell by cell, here; the next one without a number"),
    Command(name: "lessons", argument: "", summary: "the lessons, and how far you are"),
    Command(
      name: "next", argument: "",
      summary: "in a lesson: runs the cell that is shown, as Return does"),
    Command(name: "back", argument: "", summary: "in a lesson: takes its last cell back"),
    Command(name: "again", argument: "", summary: "in a lesson: shows the text once more"),
    Command(name: "skip", argument: "", summary: "in a lesson: goes on without this cell"),
    Command(
      name: "restore", argument: "",
      summary: "in a lesson: puts back what you changed and it goes on with"),
    Command(name: "leave", argument: "", summary: "leaves the lesson; the names stay"),
    Command(name: "exercises", argument: "", summary: "the exercises, and how far you are"),
    Command(
      name: "check", argument: "[EX]",
      summary: "checks this session's functions, or else your file"),
    Command(name: "hint", argument: "[EX]", summary: "a hint for what you are at"),
    Command(name: "reset", argument: "", summary: "forgets everything and starts over"),
    Command(name: "quit", argument: "", summary: "leaves; so does Ctrl-D"),
  ]

  /// The commands that a word may stand for: itself, or all that it begins.
  static func matching(_ word: some StringProtocol) -> [Command] {
    if let exact = all.first(where: { $0.name == word }) { return [exact] }
    // One letter is the oldest command that it begins.
    if word.count == 1,
      let first = all.first(where: { $0.name.hasPrefix(word) && $0.name != "reset" })
    {
      return [first]
    }
    // What cannot be taken back is written out.
    return all.filter { $0.name.hasPrefix(word) && $0.name != "reset" }
  }
}

extension Command {
  /// Whether an entry takes something back, and asks nothing of the session.
  static func takesBack(_ entry: String) -> Bool {
    entry.hasPrefix(":") && ["undo", "reset"].contains(matching(entry.dropFirst()).first?.name)
  }
}

extension Workbench {
  func command(_ text: Substring) -> Ending {
    let word = text.prefix { !$0.isWhitespace }
    let argument = text.dropFirst(word.count).trimmingSpace
    let found = Command.matching(word)
    guard let command = found.first, found.count == 1, !word.isEmpty else {
      let names = (found.isEmpty || word.isEmpty ? Command.all : found).map { ":" + $0.name }
      problem(
        word.isEmpty || found.isEmpty
          ? "there is no command `:\(word)`"
          : "`:\(word)` may be \(names.joined(separator: " or "))",
        hint: found.isEmpty ? "the commands are \(names.joined(separator: " "))" : nil)
      return .failed(2)
    }
    switch command.name {
    case "help": return argument.isEmpty ? commandHelp() : help(argument)
    case "vars": return vars()
    case "cells": return list()
    case "graph": return run("graph(\(argument.isEmpty ? "loss" : argument))")
    case "time": return time(argument)
    case "save": return save(argument)
    case "load": return load(argument)
    case "undo": return undo()
    case "lesson": return beginLesson(argument)
    case "lessons": return listLessons()
    case "next": return walk == nil ? beginLesson("") : goOn()
    case "back": return goBack()
    case "again": return showAgain()
    case "skip": return skipCell()
    case "restore": return restore()
    case "leave": return leaveLesson()
    case "exercises": return runShell(["exercises"])
    case "check": return check(argument)
    case "hint": return argument.isEmpty && walk != nil ? lessonHint() : hint(argument)
    case "reset":
      let count = cells.count
      walk = nil
      takeBack { $0 = [] }
      say("forgot \(count) cell\(count == 1 ? "" : "s")")
      return .done
    default: return .quit
    }
  }

  /// A remark; its lines go on below where the screen ends.
  func say(_ text: String) {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).flatMap { line in
      // What goes on below stands as far in as the line began.
      let margin = String(line.prefix { $0 == " " })
      return style.wrapped(String(line.dropFirst(margin.count)), indent: margin)
    }
    show(.text(lines.joined(separator: "\n") + "\n"))
  }

  func problem(_ text: String, hint: String? = nil) {
    show(.problem(style.problem(text) + "\n" + (hint.map { "Try: \($0)\n" } ?? ""), nil))
  }

  // MARK: Questions

  /// `?name` is its help page, `??name` its source.
  func question(_ text: String) -> Ending {
    let wantsSource = text.hasPrefix("??")
    let name = text.drop { $0 == "?" }.trimmingSpace
    if name.isEmpty { return help("") }
    if wantsSource { return source(of: name) }
    if let value = session.value(name), let about = about(name, value) {
      say(about)
      return .done
    }
    return help(name)
  }

  /// What one of the learner's own values is.
  private func about(_ name: String, _ value: Value) -> String? {
    switch value {
    case .function(let function):
      return session.machine.text(of: .function(function))
        + "\n  defined here; `??\(name)` shows it"
    case .builtin: return nil
    default:
      let row = inspection(name, value)
      let text = EventText(style).value(value, named: name, in: session)
      return "\(name): \(row.kind)\(row.shape.isEmpty ? "" : " " + row.shape)"
        + (row.gradient.isEmpty ? "" : ", gradient \(row.gradient)") + "\n" + text
    }
  }

  private func source(of name: String) -> Ending {
    if case .function(let function)? = session.value(name) {
      say(Highlight.text(function.code.source, style))
      return .done
    }
    if case .layer(let layer)? = session.value(name), let text = Library.source(layer.type) {
      say(Highlight.text(text, style))
      return .done
    }
    if let text = Library.source(name) ?? OptimizerSource.text(name) {
      say(Highlight.text(text, style))
      return .done
    }
    if let builtin = Builtin.named(name) {
      say("`\(builtin.signature)` is written in Swift; `?\(name)` explains it")
      return .done
    }
    problem("there is no source of `\(name)`", hint: "`??linear` shows a layer, `??adam` an update")
    return .failed(2)
  }

  func help(_ topic: String) -> Ending {
    if topic.hasPrefix(":") || topic == "commands" { return commandHelp(topic) }
    switch HelpText.page(topic, style) {
    case .success(let page):
      say(page)
      if let word = GlossaryWord.named(topic) ?? GlossaryWord.asked(topic),
        page == word.page(style),
        let own = example(of: word)
      {
        say("  here        " + own)
      }
      return .done
    case .failure(let missing):
      let near = missing.near.map { "`\($0)`" }.joined(separator: ", ")
      problem(
        "there is no help on `\(missing.topic)`",
        hint: near.isEmpty ? "`help` lists the words" : "did you mean \(near)?")
      return .failed(2)
    }
  }

  private func commandHelp(_ topic: String = "") -> Ending {
    let wanted = topic.drop { $0 == ":" }
    let shown = topic.hasPrefix(":") && !wanted.isEmpty ? Command.matching(wanted) : Command.all
    let rows = shown.map { (":" + $0.name + " " + $0.argument, $0.summary) }
    let margin = rows.map { $0.0.count }.max() ?? 0
    say(
      rows.map { "  " + $0.0 + String(repeating: " ", count: margin - $0.0.count) + "  " + $0.1 }
        .joined(separator: "\n")
        + (topic.isEmpty
          ? "\n  ?name  help on a name      ??name  its source\n  help   what the language can do"
          : ""))
    return .done
  }

  // MARK: Looking around

  func inspection(_ name: String, _ value: Value) -> (
    kind: String, shape: String, value: String, gradient: String
  ) {
    let format = session.machine.format
    switch value {
    case .tensor(let node):
      let kind = node.isParameter ? "parameter" : node.isTracked ? "computed" : "tensor"
      let gradient = node.gradient.map { format.brief($0) }
      return (
        kind, node.shape.rank == 0 ? "" : "\(node.shape)", preview(value), gradient ?? ""
      )
    case .layer(let layer):
      return (
        "layer", "", "\(layer.type), \(layer.parameters.reduce(0) { $0 + $1.shape.count }) numbers",
        ""
      )
    case .number: return ("number", "", preview(value), "")
    case .string: return ("string", "", preview(value), "")
    case .bool: return ("boolean", "", preview(value), "")
    case .none: return ("none", "", "", "")
    case .list(let list): return ("list", "[\(list.items.count)]", preview(value), "")
    default:
      let kind = value.kind
      return (kind.hasPrefix("a ") ? String(kind.dropFirst(2)) : kind, "", preview(value), "")
    }
  }

  /// A value on one line.
  private func preview(_ value: Value) -> String {
    let line = session.machine.text(of: value).split(separator: "\n")
      .map { $0.drop { $0 == " " } }.joined(separator: " ")
    return line.count > 32 ? line.prefix(31) + "…" : line
  }

  private func vars() -> Ending {
    let rows = session.machine.variables.filter { $0.name != "_" && $0.name != "Out" }.map {
      name, value -> [String] in
      let row = inspection(name, value)
      return [name, row.kind, row.shape, row.value, row.gradient]
    }
    guard !rows.isEmpty else {
      say("no names yet; `x = 2` makes one")
      return .done
    }
    say(
      FigureText(style, session.machine.format).render(
        .table(head: ["name", "kind", "shape", "value", "gradient"], rows: rows, foot: "")))
    return .done
  }

  private func list() -> Ending {
    guard !cells.isEmpty else {
      say("no cells yet")
      return .done
    }
    for (i, cell) in cells.enumerated() {
      let lines = cell.source.trimmingSpace.split(separator: "\n", omittingEmptySubsequences: false)
      let more = lines.count > 1 ? "  … \(lines.count) lines" : ""
      let mark = cell.error == nil ? "" : "   (\(cell.error?.id.rawValue ?? ""))"
      say("  [\(i + 1)] \(lines.first ?? "")\(more)\(mark)")
    }
    return .done
  }

  private func time(_ code: String) -> Ending {
    let ending = code.isEmpty ? .done : run(code)
    guard let seconds = lastSeconds else {
      say("nothing has run yet")
      return .done
    }
    let text =
      seconds < 1e-3
      ? "\(Int((seconds * 1e6).rounded())) µs"
      : seconds < 1
        ? "\(NumberFormat(digits: 3)(seconds * 1e3)) ms" : "\(NumberFormat(digits: 3)(seconds)) s"
    say(text)
    return ending
  }

  private func undo() -> Ending {
    guard let last = cells.last else {
      say("there is nothing to take back")
      return .done
    }
    takeBack { $0.removeLast() }
    defer { reopen(last) }
    let first = last.source.trimmingSpace.split(separator: "\n").first ?? ""
    say("took back [\(number)] \(first)")
    return .done
  }
}

extension Style {
  func problem(_ text: String) -> String {
    hasColor ? "\u{1b}[31merror:\u{1b}[0m \(text)" : "error: \(text)"
  }
}
