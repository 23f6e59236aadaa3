import Testing

@testable import API

struct EntityTagsTests {
  private static func listed(_ tags: (String, Bool)...) -> EntityTags {
    .listed(tags.map { EntityTags.Tag(opaque: $0.0, isWeak: $0.1) })
  }

  @Test(arguments: [
    ("*", EntityTags.any), (#""1""#, listed(("1", false))), (#"W/"1""#, listed(("1", true))),
    (#""""#, listed(("", false))),
    (#""a,b", W/"c""#, listed(("a,b", false), ("c", true))),
    (" ,\t\"1\" , ,\"2\",", listed(("1", false), ("2", false))),
    (#""!#~é""#, listed(("!#~é", false))),
  ])
  func `tags are read as RFC 9110 writes them`(header: String, expected: EntityTags) {
    #expect(EntityTags(header) == expected)
  }

  @Test(arguments: [
    "", " ", ",", "1", "\"", "\"1", "1\"", "W/", "W/1", "w/\"1\"", "W /\"1\"", "\"1\"\"2\"", "\"1\"x", "\"a b\"",
    "\"a\u{7F}\"",
    "*,\"1\"", "* ", "\"1\";", "\u{0}",
  ])
  func `anything else is not`(header: String) {
    #expect(EntityTags(header) == nil)
  }

  @Test func `weak tags never compare as strong ones`() {
    #expect(EntityTags(#""1", W/"2""#)?.strong == ["1"] && EntityTags("*")?.strong == [])
  }
}
