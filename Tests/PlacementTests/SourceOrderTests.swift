import Model
import Testing

@testable import Placement

/// What is blamed is stored, and compared by another process, whose dictionaries have another order.
struct SourceOrderTests {
  @Test func `sources have one order, whatever the dictionary that they come from`() {
    let taint = Taint(key: "a", value: nil, effect: .noPlacement)
    let empty = Taint(key: "a", value: "", effect: .noPlacement)
    let sources: [Source] = [
      .code(.clusterClosed), .rule(1), .rule(2), .dataClass("x"), .qualification("x"), .residency("x"), .demand("x"),
      .taint(taint, onRegion: false), .taint(empty, onRegion: false), .taint(taint, onRegion: true), .service("x"),
      .network("x"), .resource(.cpu),
    ]
    let first = Source.ordered(Dictionary(sources.map { ($0, 1) }, uniquingKeysWith: min))
    #expect(Set(first) == Set(sources))
    // One of another size has its own order, as in another process.
    for size in 1...64 {
      var positions: [Source: Int] = Dictionary(minimumCapacity: size * 7)
      for source in size.isMultiple(of: 2) ? sources : sources.reversed() { positions[source] = 1 }
      #expect(Source.ordered(positions) == first, "\(size)")
    }
    #expect(Source.ordered([.service("a"): 2, .service("b"): 1]) == [.service("b"), .service("a")])
  }
}
