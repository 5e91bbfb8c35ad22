import EmbeddedFiles
import Foundation
import Testing

@Suite struct EmbeddedFilesTests {
  private static let repository = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// The folders with what their files are called inside the program, and how they end.
  @Test(arguments: [
    ("lessons", "lessons/", [".nn", ".nn.out", ".json"]),
    ("lessons/exercises", "lessons/exercises/", [".nn"]),
    ("lessons/solutions", "lessons/solutions/", [".nn"]),
    ("lessons/data", "data/", [".csv", ".txt"]),
    ("Sources/Builtins/Library", "library/", [".nn"]),
    ("Sources/Rendering/Pages", "help/", [".txt"]),
    ("Sources/Rendering/Pages/errors", "help/errors/", [".txt"]),
    ("Sources/Rendering/Pages/glossary", "help/glossary/", [".txt"]),
    ("Sources/nnrepl/NewCourse", "new/", [".json"]),
    ("Sources/nnrepl/NewCourse/exercises", "new/exercises/", [".nn"]),
    ("Sources/nnrepl/NewCourse/private", "new/private/", [".nn"]),
    ("Sources/nnrepl/NewCourse/private/mutants", "new/private/mutants/", [".nn"]),
  ]) func theProgramCarriesEveryFile(_ folder: String, _ prefix: String, _ endings: [String]) throws
  {
    let place = Self.repository.appending(path: folder)
    let files = try FileManager.default.contentsOfDirectory(atPath: place.path)
      .filter { file in endings.contains { file.hasSuffix($0) } }.sorted()
    let carried = EmbeddedFiles.names.filter {
      $0.hasPrefix(prefix) && !$0.dropFirst(prefix.count).contains("/")
    }
    #expect(Set(carried) == Set(files.map { prefix + $0 }), "touch Package.swift and build again")
    for file in files {
      let text = try String(contentsOf: place.appending(path: file), encoding: .utf8)
      #expect(
        EmbeddedFiles.text(prefix + file) == text, "\(file): touch Package.swift and build again")
    }
  }

  @Test func whatIsNotCarriedIsNil() { #expect(EmbeddedFiles.text("lessons/none.nn") == nil) }
}
