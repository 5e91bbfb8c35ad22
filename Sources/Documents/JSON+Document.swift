// A whole document as JSON.
import Diagnostics
import JSONText
import Tensors

extension Document {
  /// The schema that it follows.
  package static let schema = "nnrepl/document/1"

  /// What stands before all cells. Offsets are bytes of UTF-8.
  package static func header(
    name: String, title: String?, seed: UInt64?, dtype: String?, version: Int?
  ) -> JSON {
    ["schema": .string(schema), "name": .string(name)]
      + title.map { ["title": .string($0)] } + seed.map { ["seed": .whole("\($0)")] }
      + dtype.map { ["dtype": .string($0)] } + version.map { ["nn": .int($0)] }
  }

  /// The document as `Tests/Schemas/document.schema.json` has it.
  package var json: JSON {
    let told = ToldJSON(sources)
    return Document.header(name: name, title: title, seed: seed, dtype: dtype, version: version) + [
      "cells": .array(cells.map { data($0, told) }),
      "errors": .array(errors.map { told.data($0) }),
    ]
  }

  private func data(_ cell: Cell, _ told: ToldJSON) -> JSON {
    let head: JSON =
      ["id": .string(cell.id)] + (cell.title.isEmpty ? nil : ["title": .string(cell.title)])
      + (told.range(source: 0, start: cell.range.lowerBound, end: cell.range.upperBound)).map {
        ["range": $0]
      }
    switch cell.body {
    case .text(let text): return head + ["kind": "text", "text": .string(text)]
    case .attempt(let attempt):
      return head + ["kind": "try", "text": .string(attempt.what)]
        + attempt.hint.map { ["hint": .string($0)] } + ["check": .string(attempt.check)]
    case .code(let code):
      return head + ["kind": "code", "number": .int(code.number), "code": .string(code.source)]
        + code.predicts.map { ["predict": .string($0)] } + code.hint.map { ["hint": .string($0)] }
        + ["outputs": .array(code.outputs.map { told.data($0.told) })]
        + code.error.map { ["error": told.data($0)] } + [
          "values": .array(
            code.values.map { ["name": .string($0.name), "tensor": told.data($0.tensor)] })
        ]
    }
  }
}
