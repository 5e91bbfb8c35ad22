// Notebooks as Jupyter has them (nbformat 4.5).
import Pages
import Diagnostics
import Documents
import Explain
import Grading
import Interpreter
import JSONText
import Rendering
import Session
import Tensors
import Typesetting

/// A notebook in Jupyter's format.
package struct JupyterNotebook {
  private var cells: [JSON] = []
  private var used: Set<String> = []
  private let metadata: JSON

  /// A played notebook with its outputs, in our language.
  package init(_ document: Document, _ notebook: Notebook) {
    metadata = [
      "kernelspec": ["display_name": "nnrepl", "language": "nnrepl", "name": "nnrepl"],
      "language_info": [
        "name": "nnrepl", "file_extension": ".nn", "mimetype": "text/x-nnrepl",
      ],
    ]
    let parts = NotebookParts(notebook)
    if !parts.lead.isEmpty { append("raw", parts.lead) }
    let told = ToldHTML(sources: document.sources, prefix: "o")
    for (part, cell) in zip(parts.cells, document.cells) {
      let written = NotebookParts.written(isText: part.cell.isText, title: "", part.content)
      let shown = NotebookParts.shown(isText: part.cell.isText, part.content)
      // What this form cannot say is kept beside the cell; it counts as long as the cell is as it was.
      let own: JSON? =
        written == part.text && shown == part.content
        ? nil : ["nnrepl": ["text": .string(part.text)]]
      if part.cell.isText {
        append("markdown", shown, own)
      } else if case .code(let code) = cell.body {
        append(
          "code", shown, own, number: code.number,
          outputs: JupyterNotebook.outputs(code, told))
      } else {
        append("code", shown, own, outputs: [])
      }
    }
  }

  /// Cells that Python runs.
  package init(_ program: PyTorchProgram) {
    metadata = [
      "kernelspec": ["display_name": "Python 3", "language": "python", "name": "python3"],
      "language_info": ["name": "python"],
    ]
    for part in program.parts {
      append(
        part.isText ? "markdown" : "code", NotebookParts.shown(isText: part.isText, part.text),
        outputs: [])
    }
  }

  /// The file.
  package var text: String {
    let json: JSON = [
      "cells": .array(cells), "metadata": metadata, "nbformat": .int(4),
      "nbformat_minor": .int(5),
    ]
    return json.pretty + "\n"
  }

  private mutating func append(
    _ kind: String, _ source: String, _ own: JSON? = nil, number: Int? = nil,
    outputs: [JSON]? = nil
  ) {
    var json: JSON = [
      "cell_type": .string(kind), "id": .string(identifier(kind + source)), "metadata": own ?? [:],
      "source": JupyterNotebook.lines(source),
    ]
    if kind == "code" {
      json =
        json + [
          "execution_count": number.map(JSON.int) ?? .null, "outputs": .array(outputs ?? []),
        ]
    }
    cells.append(json)
  }

  /// The same for the same content, and another for each cell of a notebook.
  private mutating func identifier(_ content: String) -> String {
    let digest = String(Digest.sha256(content).prefix(12))
    var (id, n) = (digest, 1)
    while !used.insert(id).inserted {
      n += 1
      id = "\(digest)-\(n)"
    }
    return id
  }

  /// Lines, each with its break, as Jupyter writes texts.
  private static func lines(_ text: String) -> JSON {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    return .array(
      lines.enumerated().compactMap { i, line in
        i < lines.count - 1 ? .string(line + "\n") : line.isEmpty ? nil : .string(String(line))
      })
  }

  // MARK: Outputs

  private static func outputs(_ code: Document.Code, _ told: ToldHTML) -> [JSON] {
    var outputs: [JSON] = []
    for (i, output) in code.outputs.enumerated() {
      switch output.told {
      case .progress: continue
      case .stream(let text):
        outputs.append([
          "output_type": "stream", "name": "stdout", "text": lines(Escaped.block(text)),
        ])
      case .value:
        outputs.append([
          "output_type": "execute_result", "execution_count": .int(code.number),
          "data": bundle(output, told, i), "metadata": [:],
        ])
      default:
        outputs.append([
          "output_type": "display_data", "data": bundle(output, told, i), "metadata": [:],
        ])
      }
    }
    if let error = code.error {
      let text = DiagnosticText(Style(), sources: told.sources).render(error)
      outputs.append([
        "output_type": "error", "ename": .string(error.id.rawValue),
        "evalue": .string(error.headline.visible),
        "traceback": .array(
          text.split(separator: "\n", omittingEmptySubsequences: false).map {
            .string(String($0))
          }),
      ])
    }
    return outputs
  }

  /// One thing in all the forms that a reader may be able to show.
  private static func bundle(_ output: Document.Output, _ told: ToldHTML, _ i: Int) -> JSON {
    var text = told.terminal(output)
    if text.last == "\n" { text.removeLast() }
    var json: JSON = ["text/plain": lines(Escaped.block(text))]
    switch output.told {
    case .narration(let narration, _, let graph):
      let pages = NarrationHTML(output.format, told.sources)
      let equations = pages.math.equations(narration)
      if !equations.isEmpty {
        json = json + ["text/latex": lines("$$\n" + equations.latex + "\n$$")]
      }
      let html = pages.render(narration, GraphPlaces(graph))
      json = json + ["text/html": lines(html.map { $0.text }.joined(separator: "\n"))]
    case .figure(let figure), .frame(let figure, _):
      guard let picture = Picture(figure, output.format, id: "p\(i)") else { break }
      json = json + ["image/svg+xml": lines(picture.standalone)]
    case .diagnostic(let diagnostic):
      json = json + ["text/html": lines(told.diagnostic(diagnostic).text)]
    default: break
    }
    return json
  }
}
