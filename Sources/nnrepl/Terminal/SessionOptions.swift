// What every run may be told.
import ArgumentParser

/// The float type of new numbers.
enum FloatType: String, ExpressibleByArgument, CaseIterable {
  case float64, float32
}

/// When output is coloured.
enum ColorMode: String, ExpressibleByArgument, CaseIterable {
  case auto, always, never
}

/// Options that every run takes.
struct SessionOptions: ParsableArguments {
  @Option(help: "The seed of the random numbers.")
  var seed: UInt64?

  @Option(help: "The element type of new tensors: float64 or float32.")
  var dtype = FloatType.float64

  @Option(help: "Colour: auto, always or never.")
  var color = ColorMode.auto

  @Flag(help: "Draw figures with plain characters.")
  var ascii = false
}
