import CPlatform
import Platform
import Testing

#if canImport(Glibc)
  import Glibc

  /// Memory of all sizes, small ones from slabs while a program runs, asked for, grown and given back in any order.
  @Suite struct SlabTests {
    /// A piece whose bytes all tell whose it is.
    private struct Piece: @unchecked Sendable {
      var memory: UnsafeMutableRawPointer
      var size: Int
      var mark: UInt8

      init?(_ size: Int, _ mark: UInt8) {
        guard let memory = malloc(size) else { return nil }
        (self.memory, self.size, self.mark) = (memory, size, mark)
        memset(memory, Int32(mark), size)
      }

      var isWhole: Bool {
        UInt(bitPattern: memory) % 16 == 0
          && UnsafeRawBufferPointer(start: memory, count: size).allSatisfy { $0 == mark }
      }
    }

    private static func play(_ seed: UInt64, _ count: Int) -> (pieces: [Piece], faults: Int) {
      var state = seed
      func draw(_ n: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % n
      }
      var pieces: [Piece] = []
      var faults = 0
      for i in 0..<count {
        let size = draw(8) == 0 ? draw(3000) : draw(200)
        switch draw(8) {
        case 0...1 where !pieces.isEmpty:
          let piece = pieces.swapRemove(draw(pieces.count))
          if !piece.isWhole { faults += 1 }
          free(piece.memory)
        case 2 where !pieces.isEmpty:
          let k = draw(pieces.count)
          let kept = min(size, pieces[k].size)
          guard size > 0, let moved = realloc(pieces[k].memory, size) else { continue }
          let bytes = UnsafeRawBufferPointer(start: moved, count: kept)
          if !bytes.allSatisfy({ $0 == pieces[k].mark }) { faults += 1 }
          memset(moved, Int32(pieces[k].mark), size)
          (pieces[k].memory, pieces[k].size) = (moved, size)
        case 3:
          guard let zeros = calloc(1, size) else { continue }
          if !UnsafeRawBufferPointer(start: zeros, count: size).allSatisfy({ $0 == 0 }) {
            faults += 1
          }
          free(zeros)
        default:
          if let piece = Piece(size, UInt8(truncatingIfNeeded: i)) { pieces.append(piece) }
        }
      }
      return (pieces, faults)
    }

    @Test(arguments: [1, 2, 3] as [UInt64]) func piecesKeepWhatTheyHold(_ seed: UInt64) {
      nonisolated(unsafe) var left: [Piece] = []
      nonisolated(unsafe) var faults = 0
      BigStack.run { _ in
        let first = SlabTests.play(seed, 20_000)
        let second = SlabTests.play(seed + 100, 20_000)
        faults = first.faults + second.faults
        for piece in first.pieces {
          if !piece.isWhole { faults += 1 }
          free(piece.memory)
        }
        left = second.pieces
      }
      #expect(faults == 0 && !left.isEmpty)
      // Another thread gives back what is left.
      #expect(left.allSatisfy { $0.isWhole })
      for piece in left { free(piece.memory) }
    }

    @Test func valuesOneAfterTheOtherLieSo() {
      nonisolated(unsafe) var rises = 0
      BigStack.run { _ in
        // Tests beside this one may have them for a while.
        var isTaken = false
        while nnrepl_slabs_are_mine() == 0 {
          isTaken = nnrepl_slabs_take() != 0
          if !isTaken { usleep(1000) }
        }
        defer { if isTaken { nnrepl_slabs_leave() } }
        var order: [UnsafeMutableRawPointer] = []
        for _ in 0..<3 {
          order = (0..<10_000).compactMap { _ in malloc(120) }
          // Given back in any order, they come in that of their addresses.
          for k in 0..<10_000 { free(order[k * 7919 % 10_000]) }
        }
        order = (0..<10_000).compactMap { _ in malloc(120) }
        rises = zip(order, order.dropFirst()).count { $0 < $1 }
        for memory in order { free(memory) }
      }
      #expect(rises > 9_000)
    }
  }

  extension Array {
    fileprivate mutating func swapRemove(_ k: Int) -> Element {
      swapAt(k, count - 1)
      return removeLast()
    }
  }
#endif
