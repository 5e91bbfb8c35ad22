// What a session can see of a run from outside: whether anything changed, how far a loop is.
import Autograd
import Platform
import Tensors

extension Machine {
  /// A mark that changes whenever names, recorded values or random numbers do.
  package var footprint: [UInt64] {
    var marks = [UInt64(graph.clock), generator.mark]
    for slot in globals.names.indices {
      let value = state.pointee.globals[slot]
      // A name that was only asked for has no value.
      if case .unset = value { continue }
      if case .builtin = value { continue }
      marks += [UInt64(slot), value.mark]
    }
    return marks
  }

  package var seconds: Double { Machine.now }

  /// The element type of new tensors, by PyTorch's name.
  package func setDType(named name: String) { if let known = DType(name: name) { dtype = known } }

  /// Seconds on a clock that only goes forward.
  package static var now: Double {
    Clock.now
  }

  /// Starts to measure a loop, unless one around it is measured already.
  func beginProgress() -> Bool {
    guard audience.showsProgress, audience.loop == nil else { return false }
    audience.loop = WatchedLoop(start: Machine.now)
    return true
  }

  /// One turn of the measured loop is over. Nothing is shown within the first second.
  func progress(_ done: Int, of count: Int) {
    guard var loop = audience.loop else { return }
    // Taken out while it changes, so that its losses are not copied.
    audience.loop = nil
    switch self["loss"] {
    case .number(let n)?: loop.losses.append(n)
    case .tensor(let node)? where node.shape.count == 1: loop.losses.append(node.value[0])
    default: break
    }
    if loop.losses.count > 4096 { loop.losses.removeFirst(2048) }
    let seconds = Machine.now - loop.start
    if seconds > 1, seconds - loop.shown > 0.1 {
      loop.shown = seconds
      sink(.progress(Progress(done: done, count: count, losses: loop.losses, seconds: seconds)))
    }
    audience.loop = loop
  }

  func endProgress() {
    if let loop = audience.loop, loop.shown > 0 { sink(.progress(nil)) }
    audience.loop = nil
  }
}
