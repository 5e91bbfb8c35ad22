// Figures as JSON: series, grids, columns and rows.
import Explain
import Interpreter
import JSONText

extension ToldJSON {
  func data(_ figure: Figure) -> JSON {
    switch figure {
    case .lines(let series, let title, let isLog, _, let marks):
      return [
        "type": "lines", "title": .string(title), "log": .bool(isLog),
        "series": .array(
          series.map {
            ["name": .string($0.name), "x": list($0.x), "y": list($0.y)]
          }),
        "marks": .array(
          marks.map { ["x": .number($0.x), "y": .number($0.y), "name": .string($0.name)] }),
      ]
    case .points(let points, let classes, let title):
      return ["type": "points", "title": .string(title)] + data(points, classes)
    case .regions(let labels, let columns, let box, let points, let classes, let title):
      return [
        "type": "regions", "title": .string(title), "columns": .int(columns),
        "labels": .array(labels.map(JSON.int)),
        "box": [
          "left": .number(box.left), "right": .number(box.right), "bottom": .number(box.bottom),
          "top": .number(box.top),
        ],
      ] + data(points, classes)
    case .cells(let values, let rows, let columns, let title):
      return [
        "type": "cells", "title": .string(title), "rows": .int(rows), "columns": .int(columns),
        "values": list(values),
      ]
    case .bins(let counts, let low, let high, let title):
      return [
        "type": "bins", "title": .string(title), "counts": .array(counts.map(JSON.int)),
        "low": .number(low), "high": .number(high),
      ]
    case .table(let head, let rows, let foot):
      return [
        "type": "table", "head": words(head), "rows": .array(rows.map(words)),
        "foot": .string(foot),
      ]
    case .network(let columns):
      return [
        "type": "network",
        "columns": .array(
          columns.map {
            [
              "title": .string($0.title), "units": .int($0.units), "steps": words($0.steps),
              "parameters": .int($0.parameters), "weights": .array($0.weights.map(list)),
            ]
          }),
      ]
    case .graph(let graph, let wires, let tree):
      return ["type": "graph"] + graph.map { ["graph": data($0)] }
        + wires.first.map { ["circuit": data($0)] } + [
          "tree": .array(
            tree.map { ["depth": .int($0.depth), "text": .string($0.text)] })
        ]
    case .panels(let units, let columns, let title):
      return [
        "type": "panels", "title": .string(title), "columns": .int(columns),
        "units": .array(
          units.map { ["title": .string($0.title), "values": list($0.values)] }),
      ]
    case .report(let findings):
      return [
        "type": "report",
        "findings": .array(
          findings.map { finding in
            [
              "verdict": .string("\(finding.verdict)"), "title": .string(finding.title),
              "text": .string(finding.text),
            ] + finding.hint.map { ["try": .string($0)] }
          }),
      ]
    }
  }

  private func list(_ values: [Double]) -> JSON { .array(values.map(JSON.number)) }
  private func words(_ texts: [String]) -> JSON { .array(texts.map(JSON.string)) }

  private func data(_ points: [Figure.Point], _ classes: [String]) -> JSON {
    [
      "classes": words(classes),
      "points": .array(
        points.map { .array([.number($0.x), .number($0.y), .int($0.label)]) }),
    ]
  }

  private func data(_ wire: Figure.Wire) -> JSON {
    var json: JSON = ["value": .number(wire.value)]
    json = json + wire.name.map { ["name": .string($0)] }
    json =
      json
      + wire.gate.map { gate in
        ["gate": .string(gate.sign?.rawValue ?? gate.name)]
          + gate.number.map { ["number": .number($0.value), "first": .bool($0.isFirst)] }
      }
    switch wire.gradient {
    case .none: break
    case .pending: json = json + ["gradient": .null]
    case .known(let slope): json = json + ["gradient": .number(slope)]
    }
    return wire.inputs.isEmpty ? json : json + ["inputs": .array(wire.inputs.map(data))]
  }
}
