import Model
import Testing

/// Numbers and the words that go with them.
struct CountedTests {
  @Test(
    arguments: [
      (0, "0 projet", "0 projects"), (1, "1 projet", "1 project"), (2, "2 projets", "2 projects"),
      (101, "101 projets", "101 projects"),
    ] as [(Int64, String, String)])
  func `one goes with its own words, and none with those of one in French alone`(
    count: Int64, french: String, english: String
  ) {
    #expect(Counted.fr(count, "projet", "projets") == french)
    #expect(Counted.en(count, "project", "projects") == english)
  }
}
