// At build time: the files that the program carries become one Swift source.
import Foundation
import PackagePlugin

/// Runs `embed` over the folders whose files travel inside the program.
@main struct EmbedPlugin: BuildToolPlugin {
  /// The folder of the repository, and what its files are called inside the program.
  static let folders = [
    ("lessons", "lessons"), ("lessons/exercises", "lessons/exercises"),
    ("lessons/solutions", "lessons/solutions"), ("lessons/data", "data"),
    ("lessons/playground", "playground"),
    ("Sources/Builtins/Library", "library"), ("Sources/Rendering/Pages", "help"),
    ("Sources/Rendering/Pages/errors", "help/errors"),
    ("Sources/Rendering/Pages/glossary", "help/glossary"),
    ("Sources/Pages/Assets", "page"),
    ("Sources/nnrepl/NewCourse", "new"), ("Sources/nnrepl/NewCourse/exercises", "new/exercises"),
    ("Sources/nnrepl/NewCourse/private", "new/private"),
    ("Sources/nnrepl/NewCourse/private/mutants", "new/private/mutants"),
  ]

  /// A page's engine, where `Sources/Engine/build` has left one, and what it does without.
  static let engine = (".build/engine", "engine")
  static let programOnly: Set = [
    "page", "new", "new/exercises", "new/private", "new/private/mutants", "lessons/solutions",
    "lessons", "lessons/exercises", "playground", "help", "help/errors", "help/glossary",
  ]

  func createBuildCommands(context: PluginContext, target: Target) throws -> [Command] {
    let root = context.package.directoryURL
    let output = context.pluginWorkDirectoryURL.appending(path: "Carried.swift")
    let isForPage = !context.package.targets.contains { $0.name == "nnrepl" }
    var carried = Self.folders.filter { !isForPage || !Self.programOnly.contains($0.1) }
    let engine = root.appending(path: Self.engine.0)
    if !isForPage, FileManager.default.fileExists(atPath: engine.path) {
      carried.append(Self.engine)
    }
    let folders = carried.map { root.appending(path: $0.0) }
    // A file that is added changes its folder, one that is edited itself.
    let files = try folders.flatMap {
      try FileManager.default.contentsOfDirectory(at: $0, includingPropertiesForKeys: nil)
    }
    let script = root.appending(path: "Sources/EmbeddedFiles/Plugin/embed")
    return [
      .buildCommand(
        displayName: "Embedding files", executable: URL(filePath: "/bin/bash"),
        arguments: [script.path, root.path, output.path, "\(files.count)"]
          + carried.map { "\($0.0)=\($0.1)" },
        inputFiles: [script] + folders + files, outputFiles: [output])
    ]
  }
}
