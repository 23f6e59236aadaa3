import Testing

@testable import Postgres

struct StatementCacheTests {
  /// A reference, since `#expect` takes no mutating calls.
  private final class Cache {
    private var cache: StatementCache

    init(capacity: Int) {
      cache = StatementCache(capacity: capacity)
    }

    var count: Int { cache.count }

    func plan(for key: StatementCache.Key) -> StatementCache.Plan { cache.plan(for: key) }
    func remove(name: String) { cache.remove(name: name) }
    func free(name: String) { cache.free(name: name) }
    func removeAll(areKnownToServer: Bool) { cache.removeAll(areKnownToServer: areKnownToServer) }
  }

  private func key(_ sql: String, _ types: PostgresType...) -> StatementCache.Key {
    StatementCache.Key(sql: sql, types: types)
  }

  @Test func `a statement is prepared the second time, used from then on`() {
    let cache = Cache(capacity: 4)
    #expect(cache.plan(for: key("a")) == .once)
    #expect(cache.plan(for: key("a")) == .prepare(name: "s2", freeing: []))
    #expect(cache.plan(for: key("a")) == .prepared(name: "s2"))
  }

  @Test func `the same text with other types is another statement`() {
    let cache = Cache(capacity: 4)
    for _ in 0..<2 { _ = cache.plan(for: key("a", .int8)) }
    #expect(cache.plan(for: key("a", .text)) == .once)
  }

  @Test func `the least recently used one makes room and is freed`() {
    let cache = Cache(capacity: 2)
    for sql in ["a", "a", "b", "b"] { _ = cache.plan(for: key(sql)) }
    #expect(cache.plan(for: key("a")) == .prepared(name: "s2"))
    #expect(cache.plan(for: key("c")) == .once)
    #expect(cache.plan(for: key("c")) == .prepare(name: "s7", freeing: ["s4"]))
    #expect(cache.plan(for: key("b")) == .once)
    #expect(cache.count == 2)
  }

  @Test func `forgotten statements are freed only where the server has them`() {
    let cache = Cache(capacity: 2)
    for _ in 0..<2 { _ = cache.plan(for: key("a")) }
    cache.removeAll(areKnownToServer: true)
    _ = cache.plan(for: key("b"))
    #expect(cache.plan(for: key("b")) == .prepare(name: "s4", freeing: ["s2"]))
    cache.removeAll(areKnownToServer: false)
    _ = cache.plan(for: key("c"))
    #expect(cache.plan(for: key("c")) == .prepare(name: "s6", freeing: []))
    // Nor what was still to be freed: the server might know nothing of that either.
    cache.free(name: "s6")
    cache.removeAll(areKnownToServer: false)
    _ = cache.plan(for: key("d"))
    #expect(cache.plan(for: key("d")) == .prepare(name: "s8", freeing: []))
  }

  @Test func `a statement the server refused, and one it did not free, are tried again`() {
    let cache = Cache(capacity: 2)
    for _ in 0..<2 { _ = cache.plan(for: key("a")) }
    cache.remove(name: "s2")
    cache.free(name: "s0")
    #expect(cache.plan(for: key("a")) == .once)
    #expect(cache.plan(for: key("a")) == .prepare(name: "s4", freeing: ["s0"]))
  }

  @Test func `without room nothing is prepared, and memory stays bounded`() {
    let cache = Cache(capacity: 0)
    for _ in 0..<10 { #expect(cache.plan(for: key("a")) == .once) }
  }
}
