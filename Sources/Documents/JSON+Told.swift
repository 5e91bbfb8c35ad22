// What is told, as JSON: `Tests/Schemas/document.schema.json` says what each member is.
import Autograd
import Diagnostics
import Explain
import Interpreter
import JSONText
import Tensors

/// Makes JSON of what is told.
package struct ToldJSON {
  /// Texts that spans point into.
  let sources: [SourceText]

  package init(_ sources: [SourceText]) { self.sources = sources }

  /// What was told, without its text.
  package func data(_ told: Told) -> JSON {
    switch told {
    case .stream(let text): ["kind": "stream", "text": .string(text)]
    case .value(let value): data(value)
    case .figure(let figure), .frame(let figure, _):
      ["kind": "figure", "figure": data(figure)]
    case .narration(let narration, let isWhole, let graph):
      ["kind": "narration", "whole": .bool(isWhole), "narration": data(narration)]
        + graph.map { ["graph": data($0)] }
    case .diagnostic(let diagnostic):
      ["kind": "diagnostic", "diagnostic": data(diagnostic)]
    case .progress(let progress):
      ["kind": "progress"]
        + progress.map {
          ["done": .int($0.done), "count": .int($0.count), "losses": numbers($0.losses)]
        }
    }
  }

  // MARK: Values

  /// Numbers of a tensor past these are left out.
  private static let limit = 4_096

  private func numbers(_ values: [Double]) -> JSON { .array(values.map(JSON.number)) }

  private func data(_ shape: Shape) -> JSON { .array(shape.dims.map(JSON.int)) }

  /// Type, shape and numbers, row by row; past a limit, how many were left out.
  package func data(_ tensor: Tensor) -> JSON {
    let values = tensor.values
    let isCut = values.count > ToldJSON.limit
    return ["dtype": .string(tensor.dtype.name), "shape": data(tensor.shape)]
      + ["values": numbers(Array(values.prefix(ToldJSON.limit)))]
      + (isCut ? ["elided": .int(values.count - ToldJSON.limit)] : nil)
  }

  private func data(_ value: ShownValue) -> JSON {
    var json: JSON = ["kind": "value", "type": .string(value.kind)]
    json = json + value.name.map { ["name": .string($0)] }
    json = json + ["text": .string(value.text)]
    if let tensor = value.tensor {
      json = json + ["tensor": data(tensor), "parameter": .bool(value.isParameter)]
    }
    json = json + value.gradient.map { ["gradient": data($0)] }
    switch value.table {
    case .layer(let layer):
      return json + [
        "layer": [
          "training": .bool(layer.isTraining), "numbers": .int(layer.count),
          "parameters": data(layer.parameters),
          "stages": .array(
            layer.stages.map {
              ["text": .string($0.text), "parameters": data($0.parameters)]
            }),
        ]
      ]
    case .optimizer(let optimizer):
      return json + [
        "optimizer": [
          "kind": .string(optimizer.kind),
          "settings": .object(optimizer.settings.map { ($0.name, .number($0.value)) }),
          "parameters": .array(
            optimizer.parameters.map {
              ["name": .string($0.name), "shape": data($0.shape)]
                + $0.gradient.map { ["gradient": data($0)] }
            }),
        ]
      ]
    case nil: return json
    }
  }

  private func data(_ parameters: [LayerTable.Parameter]) -> JSON {
    .array(parameters.map { ["name": .string($0.name), "shape": data($0.shape)] })
  }

  // MARK: Formulas

  /// A formula as text, with its numbers put in where it has any, and as a tree.
  func data(_ formula: Formula) -> JSON {
    ["text": .string(formula.text), "tree": tree(formula)]
  }

  private func tree(_ formula: Formula) -> JSON {
    switch formula {
    case .number(let n): ["number": .number(n)]
    case .symbol(let symbol):
      ["name": .string(symbol.text)] + symbol.value.map { ["value": .number($0)] }
    case .apply(let op, let parts, let attributes):
      ["op": .string(op.name), "parts": .array(parts.map(tree))]
        + (attributes.text.isEmpty ? nil : ["settings": .string(attributes.text)])
    case .named(let name, let inner): ["name": .string(name), "is": tree(inner)]
    default: ["name": .string(formula.text)]
    }
  }

  // MARK: Places

  /// Bytes of a source, with line and column, in characters, from 1.
  package func range(source: Int, start: Int, end: Int) -> JSON? {
    guard let source = sources.first(where: { $0.id == source }) else { return nil }
    return [
      "source": .string(source.name), "start": .int(start), "end": .int(end),
      "line": .int(source.line(at: start)), "column": .int(source.column(at: start) + 1),
    ]
  }

  /// What went wrong, its labels with ranges, and what to try.
  package func data(_ diagnostic: Diagnostic) -> JSON {
    var json: JSON = [
      "severity": .string(diagnostic.severity.rawValue), "id": .string(diagnostic.id.rawValue),
      "headline": .string(diagnostic.headline),
    ]
    let labels = diagnostic.labels.compactMap { label -> JSON? in
      let span = label.span
      return range(source: Int(span.source), start: Int(span.start), end: Int(span.end)).map {
        ["range": $0, "text": .string(label.text), "primary": .bool(label.isPrimary)]
      }
    }
    json = json + ["labels": .array(labels)]
    json = json + diagnostic.reason.map { ["reason": .string($0)] }
    return json + diagnostic.hint.map { ["try": .string($0)] }
  }
}
