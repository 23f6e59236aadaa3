import Foundation
import Testing

@testable import Reconciler

struct WorkQueueTests {
  private func id(_ number: UInt8) -> UUID { UUID(uuid: (0, 0, 0, 0, 0, 0, 64, 0, 128, 0, 0, 0, 0, 0, 0, number)) }

  private func drain(_ queue: inout WorkQueue<UUID, String>) -> [String] {
    var taken: [String] = []
    while let work = queue.next() { taken.append(work) }
    return taken
  }

  @Test func `neither kind waits for all of the other`() {
    var queue = WorkQueue<UUID, String>()
    for number in 1...4 { queue.add("update \(number)", of: id(UInt8(number)), to: .updates) }
    queue.add("removal", of: id(9), to: .removals)
    #expect(drain(&queue) == ["update 1", "removal", "update 2", "update 3", "update 4"])
  }

  @Test func `of one placement the newest waits, once, and in its place`() {
    var queue = WorkQueue<UUID, String>()
    queue.add("old", of: id(1), to: .updates)
    queue.add("other", of: id(2), to: .updates)
    for _ in 0..<1000 { queue.add("new", of: id(1), to: .updates) }
    #expect(queue.count == 2 && drain(&queue) == ["new", "other"] && queue.count == 0)
  }

  @Test func `a removal takes the place of an update, and the other way round`() {
    var queue = WorkQueue<UUID, String>()
    queue.add("update", of: id(1), to: .updates)
    queue.add("removal", of: id(1), to: .removals)
    #expect(queue.count == 1 && drain(&queue) == ["removal"])
    queue.add("removal", of: id(1), to: .removals)
    queue.add("update", of: id(1), to: .updates)
    queue.add("again", of: id(1), to: .removals)
    #expect(drain(&queue) == ["again"] && queue.next() == nil)
  }
}
