// A graph of numbers as the textbook draws it: wires and gates, the value above each wire, the gradient below.
import Interpreter
import Tensors

extension FigureText {
  /// The first of several drawings that fits the screen.
  func circuit(_ drawings: [Figure.Wire]) -> [String]? {
    for wire in drawings {
      let block = CircuitText(style, format).block(wire)
      if block.width + 2 <= style.width, block.rows.count <= 60 {
        return block.rows.map { "  " + $0 }
      }
    }
    return nil
  }
}

/// A part of a circuit: rows of one width, with a wire that leaves it at the right.
private struct WiredRows {
  var rows: [String]
  var width: Int
  /// The row of the wire.
  var out: Int
}

private struct CircuitText {
  private let style: Style
  private let format: NumberFormat

  init(_ style: Style, _ format: NumberFormat) {
    self.style = style
    self.format = format
  }

  private func mark(_ fancy: String, _ plain: String) -> String { style.isASCII ? plain : fancy }

  private func line(_ count: Int) -> String {
    String(repeating: mark("─", "-"), count: max(0, count))
  }

  func block(_ wire: Figure.Wire) -> WiredRows {
    let own = segment(wire)
    guard let gate = wire.gate, !wire.inputs.isEmpty else { return own }
    return joined(wire.inputs.map { block($0) }, text(gate), own)
  }

  /// `⊗`, `(sigmoid)`, `(^2)`
  private func text(_ gate: Figure.Gate) -> String {
    guard let sign = gate.sign else { return "(\(gate.name))" }
    if let (value, isFirst) = gate.number {
      let signs: [Figure.Sign: String] = [.minus: mark("−", "-"), .times: mark("×", "*")]
      let written = signs[sign] ?? sign.rawValue
      return isFirst ? "(\(format(value))\(written))" : "(\(written)\(format(value)))"
    }
    let circled: [Figure.Sign: String] = [.plus: "⊕", .minus: "⊖", .times: "⊗", .over: "⊘"]
    return style.isASCII ? "(\(sign.rawValue))" : circled[sign] ?? "(\(sign.rawValue))"
  }

  /// The wire that a value goes along: its number above, its name on it, its gradient below.
  private func segment(_ wire: Figure.Wire) -> WiredRows {
    let number = format(wire.value)
    let below =
      switch wire.gradient {
      case .none: ""
      case .pending: mark("—", "?")
      case .known(let slope): format(slope)
      }
    // What is given begins with its name; a number without one is its own name.
    let isGiven = wire.gate == nil
    let head = isGiven ? (wire.name ?? number) + " " : ""
    let above = isGiven && wire.name == nil ? "" : number
    let name = isGiven ? "" : wire.name.map { " \($0) " } ?? ""
    let room = max(3, above.columns, below.columns, name.isEmpty ? 0 : name.columns + 2)
    func centred(_ text: String, _ fill: String) -> String {
      let left = (room - text.columns) / 2
      return String(repeating: fill, count: left) + text
        + String(repeating: fill, count: room - left - text.columns)
    }
    let pad = String(repeating: " ", count: head.columns)
    return WiredRows(
      rows: [
        pad + centred(above, " "), head + centred(name, mark("─", "-")),
        pad + style.paint(centred(below, " "), factor: 0),
      ], width: head.columns + room, out: 1)
  }

  /// Wires that meet in a gate, and the one that leaves it.
  private func joined(_ inputs: [WiredRows], _ gate: String, _ own: WiredRows) -> WiredRows {
    let width = inputs.map { $0.width }.max() ?? 0
    var rows: [String] = []
    var outs: [Int] = []
    for input in inputs {
      outs.append(rows.count + input.out)
      for (i, row) in input.rows.enumerated() {
        // A shorter wire goes on to where the gate stands.
        let fill = width - input.width
        rows.append(row + (i == input.out ? line(fill) : String(repeating: " ", count: fill)))
      }
    }
    let (first, last) = (outs[0], outs[outs.count - 1])
    let middle = (first + last) / 2
    for i in rows.indices {
      let bar: String
      if first == last {
        bar = ""
      } else if i == first {
        bar = mark("┐", "+")
      } else if i == last {
        bar = mark("┘", "+")
      } else if i > first, i < last {
        bar =
          outs.contains(i)
          ? (i == middle ? mark("┼", "+") : mark("┤", "+"))
          : i == middle ? mark("├", "+") : mark("│", "|")
      } else {
        bar = " "
      }
      // The wire that leaves has a row above and one below.
      let k = i - middle + own.out
      let tail =
        own.rows.indices.contains(k) ? own.rows[k] : String(repeating: " ", count: own.width)
      let box = i == middle ? style.paint(gate, .bold) : String(repeating: " ", count: gate.columns)
      rows[i] += bar + box + tail
    }
    return WiredRows(
      rows: rows, width: width + (first == last ? 0 : 1) + gate.columns + own.width, out: middle)
  }
}
