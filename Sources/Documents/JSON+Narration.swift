// What the verbs tell, as JSON.
import Autograd
import Explain
import JSONText
import Tensors

extension ToldJSON {
  func data(_ narration: Narration) -> JSON {
    switch narration {
    case .forward(let pass):
      [
        "verb": "forward", "steps": .array(pass.steps.map(data)),
        "unfollowed": .array(pass.unfollowed.map(data)),
      ]
    case .backward(let pass):
      [
        "verb": "backward", "root": .string(pass.root), "steps": .array(pass.steps.map(data)),
        "accumulations": .array(
          pass.accumulations.map {
            [
              "name": .string($0.name), "old": data($0.old), "new": data($0.new),
              "total": data($0.total),
            ]
          }),
      ]
    case .derivative(let derivation): data(derivation)
    case .rates(let pass): data(pass)
    case .value(let step, let shapes):
      ["verb": "explain"] + ["step": data(step)] + [
        "from": .array(
          shapes.map {
            ["name": .string($0.name), "shape": .array($0.shape.dims.map(JSON.int))]
          })
      ]
    case .ledger(let rows): ["verb": "step", "rows": .array(rows.map(data))]
    }
  }

  private func data(_ step: ForwardStep) -> JSON {
    ["name": .string(step.name), "formula": data(step.formula), "value": data(step.value)]
      + step.before.map { ["before": data($0)] }
  }

  private func data(_ value: Unfollowed) -> JSON {
    [
      "name": .string(value.name), "reason": .string("\(value.reason)"),
      "value": data(value.value),
    ]
      + range(source: value.site.source, start: value.site.start, end: value.site.end).map {
        ["range": $0]
      }
  }

  private func data(_ step: BackwardStep) -> JSON {
    [
      "name": .string(step.name), "formula": data(step.formula), "root": .bool(step.isRoot),
      "contributions": .array(step.contributions.map(data)),
    ]
  }

  private func data(_ c: Contribution) -> JSON {
    var json: JSON = [
      "input": .string(c.input), "derivative": .string(derivativeName(c.root, by: c.input)),
    ]
    json = json + c.via.map { ["through": .string($0)] }
    json = json + c.partial.map { ["partial": data($0)] }
    json = json + c.partialValue.map { ["local": .number($0)] }
    json = json + c.upstream.map { ["upstream": .number($0)] }
    json = json + c.pullback.map { ["pullback": data($0)] }
    json = json + ["gradient": data(c.gradient), "part": .bool(c.isPart)]
    return json + c.sum.map { ["parts": .array($0.map(data))] } + c.total.map { ["sum": data($0)] }
  }

  private func data(_ d: Derivation) -> JSON {
    var json: JSON = [
      "verb": "explain", "root": data(d.root), "variable": data(d.variable),
      "derivative": .string(derivativeName(d.root.text, by: d.variable.text)),
      "onehop": .bool(d.isOneStep), "count": .int(d.pathCount),
      "paths": .array(d.paths.map(data)), "total": .number(d.total),
    ]
    if !d.continuation.isEmpty {
      json = json + ["continuation": .array(d.continuation.map(data))]
    }
    if !d.introduced.isEmpty {
      json =
        json + [
          "where": .array(
            d.introduced.map { ["name": .string($0.name), "formula": data($0.formula)] })
        ]
    }
    if !d.zeros.isEmpty { json = json + ["zeros": .array(d.zeros.map { .string(word($0)) })] }
    guard let check = d.check else { return json }
    return json + [
      "check": [
        "numeric": .number(check.numeric), "error": .number(check.relativeError),
        "verdict": .string("\(check.verdict)"), "held": .array(d.held.map(JSON.string)),
      ]
    ]
  }

  /// Why a gradient is 0, in one word.
  private func word(_ reason: ZeroReason) -> String {
    switch reason {
    case .flat: "flat"
    case .noPath: "no path"
    case .cut: "cut"
    case .factor: "factor"
    case .underflow: "underflow"
    case .cancels: "cancels"
    }
  }

  private func data(_ place: Place) -> JSON {
    ["text": .string(place.text), "name": .string(place.name)]
      + (place.indices.isEmpty ? nil : ["indices": .array(place.indices.map(JSON.int))])
  }

  private func data(_ path: Path) -> JSON {
    [
      "factors": .array(
        path.factors.map { factor in
          [
            "derivative": .string(derivativeName(factor.top.text, by: factor.bottom.text)),
            "top": data(factor.top), "bottom": data(factor.bottom),
          ] + factor.via.map { ["through": data($0)] } + [
            "formula": data(factor.formula), "value": .number(factor.value),
          ]
        }),
      "product": .number(path.product),
    ]
  }

  private func data(_ pass: ForwardMode) -> JSON {
    [
      "verb": "explain", "mode": "forward", "root": .string(pass.root),
      "variable": .string(pass.variable),
      "steps": .array(
        pass.steps.map { step in
          [
            "name": .string(step.name), "formula": data(step.formula),
            "terms": .array(
              step.terms.map {
                [
                  "input": .string($0.input), "partial": data($0.partial),
                  "local": .number($0.local), "rate": .number($0.rate),
                ]
              }),
            "rate": data(step.rate),
          ] + step.reverse.map { ["reverse": data($0)] }
        }),
      "reverse": .number(pass.reverse),
      "products": [
        "forward": .int(pass.products.forward), "all": .int(pass.products.all),
        "reverse": .int(pass.products.reverse),
      ],
      "inputs": .int(pass.inputs),
    ]
  }

  private func data(_ row: LedgerRow) -> JSON {
    ["target": .string(row.target)] + row.parameter.map { ["parameter": .string($0)] } + [
      "rule": data(row.rule), "entry": .string(row.entry), "result": .number(row.result),
    ] + row.tensor.map { ["tensor": data($0)] }
  }

  func data(_ graph: StepGraph) -> JSON {
    [
      "root": .int(graph.root),
      "nodes": .array(
        graph.vertices.map { vertex in
          ["name": .string(vertex.name), "kind": .string(vertex.kind.rawValue)]
            + vertex.formula.map { ["formula": data($0)] } + ["value": data(vertex.value)]
            + vertex.gradient.map { ["gradient": data($0)] }
            + vertex.site.flatMap { site in
              range(source: site.source, start: site.start, end: site.end).map { ["range": $0] }
            }
        }),
      "edges": .array(
        graph.edges.map {
          ["from": .int($0.from), "to": .int($0.to), "uses": .int($0.uses)]
        }),
    ]
  }
}
