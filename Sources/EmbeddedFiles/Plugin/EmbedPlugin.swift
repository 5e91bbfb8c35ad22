// At build time: the files that the program carries become one Swift source.
import Foundation
import PackagePlugin

/// Runs `embed` over the folders whose files travel inside the program.
@main struct EmbedPlugin: BuildToolPlugin {
  /// The folder of the repository, and what its files are called inside the program.
  static let folders = [
    ("lessons", "lessons"), ("lessons/exercises", "lessons/exercises"),
    ("lessons/solutions", "lessons/solutions"), ("lessons/data", "data"),
    ("Sources/Builtins/Library", "library"), ("Sources/Rendering/Pages", "help"),
    ("Sources/Rendering/Pages/errors", "help/errors"),
    ("Sources/Rendering/Pages/glossary", "help/glossary"),
    ("Sources/Export/Assets", "page"),
    ("Sources/nnrepl/NewCourse", "new"), ("Sources/nnrepl/NewCourse/exercises", "new/exercises"),
    ("Sources/nnrepl/NewCourse/private", "new/private"),
    ("Sources/nnrepl/NewCourse/private/mutants", "new/private/mutants"),
  ]

  func createBuildCommands(context: PluginContext, target: Target) throws -> [Command] {
    let root = context.package.directoryURL
    let output = context.pluginWorkDirectoryURL.appending(path: "Carried.swift")
    // A file that is added changes its folder, one that is edited itself.
    let folders = Self.folders.map { root.appending(path: $0.0) }
    let files = try folders.flatMap {
      try FileManager.default.contentsOfDirectory(at: $0, includingPropertiesForKeys: nil)
    }
    let script = root.appending(path: "Sources/EmbeddedFiles/Plugin/embed")
    return [
      .buildCommand(
        displayName: "Embedding files", executable: URL(filePath: "/bin/bash"),
        arguments: [script.path, root.path, output.path, "\(files.count)"]
          + Self.folders.map { "\($0.0)=\($0.1)" },
        inputFiles: [script] + folders + files, outputFiles: [output])
    ]
  }
}
