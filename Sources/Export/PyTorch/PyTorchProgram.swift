// A notebook that was played, carried on in PyTorch.
import Diagnostics
import Documents
import EmbeddedFiles
import Explain
import Interpreter
import Syntax
import Tensors

/// A notebook carried on in PyTorch.
package struct PyTorchProgram {
  /// What the script does besides.
  package struct Options {
    /// The recorded numbers are claims that the script checks.
    package var asserts = false
    /// `torchrun` can start the script as several processes that learn one model.
    package var isDistributed = false

    package init() {}
  }

  /// What became of one cell.
  package struct Part {
    /// Which of the document's cells it is; -1 for what the script begins and ends with.
    package let cell: Int
    package let isText: Bool
    /// Markdown as it is in the notebook, or Python.
    package let text: String
  }

  /// What could not be carried over, with its line, one sentence each.
  package let remarks: [String]
  package let parts: [Part]
  /// What the script reads, to be written beside it.
  package let files: [(name: String, text: String)]

  package init(_ document: Document, _ options: Options) {
    let writer = ProgramWriter(document, options)
    (parts, remarks) = writer.write()
    files = writer.translator.files.sorted().compactMap { name in
      EmbeddedFiles.text("data/" + name).map { (name, $0) }
    }
  }

  /// One file that Python runs.
  package var script: String {
    var blocks: [String] = []
    for part in parts {
      let text =
        part.isText ? PythonText.comment(part.text).joined(separator: "\n") : part.text
      if !text.isEmpty { blocks.append(text) }
    }
    return blocks.joined(separator: "\n\n") + "\n"
  }
}
