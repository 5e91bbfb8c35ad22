// What a run tells, as data that stays as it was when it was told.
import Autograd
import Diagnostics
import Explain
import Interpreter
import Session
import Tensors
import Training

/// One thing that a run tells.
package enum Told {
  /// What `print` wrote.
  case stream(String)
  case value(ShownValue)
  case figure(Figure)
  /// A figure that takes the place of one that was shown just before.
  case frame(Figure, over: Figure)
  /// What a verb tells, whole or as much as a reader can take in, with the graph that it is about.
  case narration(Narration, isWhole: Bool, graph: StepGraph?)
  case diagnostic(Diagnostic)
  /// How far a long loop is; nil when it has ended.
  case progress(Progress?)
}

/// A value as a session shows it.
package struct ShownValue {
  package let name: String?
  /// In the learner's terms: `a tensor [2, 3]`.
  package let kind: String
  /// As `print` writes it.
  package let text: String
  /// Numbers, where it has any.
  package let tensor: Tensor?
  package let isParameter: Bool
  /// What a backward pass has stored with it.
  package let gradient: Tensor?
  package let table: Table?

  /// What there is to say of a layer or an optimizer.
  package enum Table {
    case layer(LayerTable)
    case optimizer(OptimizerTable)
  }
}

/// What a layer of the library learns, stage by stage for a sequence.
package struct LayerTable {
  /// What is learned, by its name in the layer.
  package typealias Parameter = (name: String, shape: Shape)
  package let isSequence: Bool
  package let isTraining: Bool
  /// Numbers to learn.
  package let count: Int
  package let parameters: [Parameter]
  package let stages: [(text: String, parameters: [Parameter])]
}

/// Settings of an optimizer, and the parameters that it moves.
package struct OptimizerTable {
  package let kind: String
  package let settings: [(name: String, value: Double)]
  package let parameters: [(name: String, shape: Shape, gradient: Tensor?)]
}

extension Told {
  /// What an event of a session tells, kept.
  package init(_ event: Event, in session: Session) {
    self =
      switch event {
      case .text(let text): .stream(text)
      case .value(let name, let value): Told(value, named: name, in: session)
      case .narration(let narration, let isWhole, let graph):
        .narration(narration, isWhole: isWhole, graph: graph)
      case .warning(let warning): .diagnostic(warning)
      case .frame(let figure, let last): .frame(figure.figure, over: last.figure)
      case .progress(let progress): .progress(progress)
      }
  }

  /// A value as it is now.
  package init(_ value: Value, named name: String?, in session: Session) {
    if case .host(let object) = value, let figure = object as? FigureObject {
      self = .figure(figure.figure)
    } else {
      self = .value(ShownValue(value, named: name, in: session.machine))
    }
  }
}

extension ShownValue {
  init(_ value: Value, named name: String?, in machine: Machine) {
    self.name = name
    kind = value.kind
    text = machine.text(of: value)
    switch value {
    case .number(let n):
      (tensor, isParameter, gradient, table) = (Tensor(n), false, nil, nil)
    case .tensor(let node):
      (tensor, isParameter, table) = (node.value, node.isParameter, nil)
      gradient = node.isParameter ? node.gradient : nil
    case .layer(let layer) where layer.isLibrary:
      (tensor, isParameter, gradient) = (nil, false, nil)
      table = .layer(LayerTable(layer, in: machine))
    case .optimizer(let optimizer):
      (tensor, isParameter, gradient) = (nil, false, nil)
      table = .optimizer(OptimizerTable(optimizer, in: machine))
    default: (tensor, isParameter, gradient, table) = (nil, false, nil, nil)
    }
  }
}

extension LayerTable {
  init(_ layer: LayerObject, in machine: Machine) {
    func learned(_ layer: LayerObject) -> [Parameter] {
      layer.state.filter { $0.node.isParameter }.map { ($0.name, $0.node.shape) }
    }
    isSequence = layer.isSequence
    isTraining = layer.isTraining
    count = layer.parameters.reduce(0) { $0 + $1.shape.count }
    parameters = learned(layer)
    stages =
      !layer.isSequence
      ? []
      : layer.stages.map { stage in
        switch stage {
        case .layer(let inner) where inner.isSequence:
          ("sequential of \(inner.stages.count)", learned(inner))
        case .layer(let inner): (machine.text(of: stage), learned(inner))
        case .builtin(let builtin): (builtin.name, [])
        default: (machine.text(of: stage), [])
        }
      }
  }
}

extension OptimizerTable {
  init(_ optimizer: Optimizer, in machine: Machine) {
    kind = optimizer.kind
    settings = optimizer.settings
    parameters = optimizer.parameters.enumerated().map { i, node in
      (machine.graph.label(of: node) ?? "parameter \(i)", node.shape, node.gradient)
    }
  }
}
