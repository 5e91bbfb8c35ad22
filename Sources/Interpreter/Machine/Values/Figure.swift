// Figures as data; `Rendering` draws them.
import Explain

extension Double {
  /// Whether it can be put on an axis: ranges between such numbers are finite too.
  package var isDrawable: Bool { magnitude <= 1e300 }
}

/// Something to look at.
package enum Figure {
  /// Curves over a common axis.
  case lines([Series], title: String, isLog: Bool, rows: Int, marks: [Mark] = [])
  /// Points in a plane, each with the number of its class.
  case points([Point], classes: [String], title: String)
  /// Points over the regions that a model assigns to the classes; row-major, the top row first.
  case regions([Int], columns: Int, box: Box, [Point], classes: [String], title: String)
  /// A matrix as shades.
  case cells([Double], rows: Int, columns: Int, title: String)
  /// How many numbers fall into each bin.
  case bins([Int], low: Double, high: Double, title: String)
  /// Rows under column heads, and a line below.
  case table(head: [String], rows: [[String]], foot: String)
  /// Columns of units, joined by what lies between them.
  case network([Column])
  /// What was computed from what: step by step, and as a tree. Of numbers also as wires and gates, in every detail
  /// and by named steps.
  case graph(StepGraph?, wires: [Wire], tree: [Branch])
  /// One part of the plane, as each of several units sees it: values row by row, the top row first.
  case panels([(title: String, values: [Double])], columns: Int, title: String)
  /// Findings, each good, worth a look, or bad.
  case report([Finding])

  /// A curve with its name.
  package struct Series {
    package let name: String
    package let x: [Double]
    package let y: [Double]

    package init(name: String, x: [Double], y: [Double]) {
      self.name = name
      self.x = x
      self.y = y
    }
  }

  /// A place that is pointed at, with what it is.
  package struct Mark {
    package let x: Double
    package let y: Double
    package let name: String

    package init(x: Double, y: Double, name: String) {
      (self.x, self.y, self.name) = (x, y, name)
    }
  }

  /// An operation that is written with a sign.
  package enum Sign: String {
    case plus = "+"
    case minus = "-"
    case times = "*"
    case over = "/"
    case power = "^"
  }

  /// What makes a number of others.
  package struct Gate {
    package let name: String
    package let sign: Sign?
    /// A plain number that it works with, and whether it stands before the sign.
    package private(set) var number: (value: Double, isFirst: Bool)?

    package init(_ name: String, _ sign: Sign?) {
      self.name = name
      self.sign = sign
    }

    /// The same gate with a plain number on one side.
    package func with(_ value: Double, isFirst: Bool) -> Gate {
      var gate = self
      gate.number = (value, isFirst)
      return gate
    }
  }

  /// What is known of a gradient.
  package enum Slope {
    /// No one asks for it.
    case none
    /// It will be known after a backward pass.
    case pending
    case known(Double)
  }

  /// A number on its way, with what it comes from.
  package struct Wire {
    /// The gate at its beginning; nil for what was given.
    package let gate: Gate?
    /// What the learner calls it.
    package let name: String?
    package let value: Double
    /// The gradient of the root by it.
    package let gradient: Slope
    package let inputs: [Wire]

    package init(
      gate: Gate?, name: String?, value: Double, gradient: Slope, inputs: [Wire] = []
    ) {
      self.gate = gate
      self.name = name
      self.value = value
      self.gradient = gradient
      self.inputs = inputs
    }
  }

  /// A sample with the number of its class.
  package struct Point {
    package let x: Double
    package let y: Double
    package let label: Int

    package init(x: Double, y: Double, label: Int) {
      self.x = x
      self.y = y
      self.label = label
    }
  }

  /// The part of the plane that is shown.
  package struct Box {
    package let left: Double
    package let right: Double
    package let bottom: Double
    package let top: Double

    package init(left: Double, right: Double, bottom: Double, top: Double) {
      (self.left, self.right, self.bottom, self.top) = (left, right, bottom, top)
    }
  }

  /// A row of units of a network, and what leads to the next.
  package struct Column {
    package let title: String
    package let units: Int
    /// What follows it on the way to the next column.
    package let steps: [String]
    package let parameters: Int
    /// The weights from this column to the next, a row for each unit there, if every unit is joined to every one.
    package let weights: [[Double]]

    package init(
      title: String, units: Int, steps: [String], parameters: Int, weights: [[Double]] = []
    ) {
      self.weights = weights
      self.title = title
      self.units = units
      self.steps = steps
      self.parameters = parameters
    }

    /// The same without its weights.
    package var withoutWeights: Column {
      Column(title: title, units: units, steps: steps, parameters: parameters)
    }
  }

  /// A node of a graph, as far in as it is below the root.
  package struct Branch {
    package let depth: Int
    package let text: String

    package init(depth: Int, text: String) {
      self.depth = depth
      self.text = text
    }
  }

  /// What `diagnose` saw, and what to do about it.
  package struct Finding {
    package enum Verdict { case good, look, bad }
    package let verdict: Verdict
    package let title: String
    package let text: String
    package let hint: String?

    package init(verdict: Verdict, title: String, text: String, hint: String?) {
      self.verdict = verdict
      self.title = title
      self.text = text
      self.hint = hint
    }
  }
}

/// A figure as a value.
package final class FigureObject: HostObject {
  package let figure: Figure
  package init(_ figure: Figure) { self.figure = figure }
  package override var kind: String { "a figure" }
  override func text(_ machine: Machine) -> String { "a figure" }
}
