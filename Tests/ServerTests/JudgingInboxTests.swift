import Testing

@testable import Server
@testable import Store

@Suite struct JudgingInboxTests {
  @Test func `what is lost is judged with everything, and what is said by name alone with few`() {
    var inbox = JudgingInbox()
    #expect(inbox.take() == nil)
    inbox.projectsChanged("b\na")
    inbox.projectsChanged("a")
    inbox.offerMayHaveChanged()
    inbox.offerMayHaveChanged()
    #expect(inbox.take() == .ifChanged)
    #expect(inbox.take() == .projects(["a", "b"]))
    #expect(inbox.take() == nil)
    inbox.projectsChanged("a")
    inbox.offerMayHaveChanged()
    inbox.reconnected()
    #expect(inbox.take() == .everything)
    #expect(inbox.take() == nil, "everything is more than the rest")
  }

  @Test func `what could not be done is to be done still, with what came meanwhile`() {
    var inbox = JudgingInbox()
    for work in [JudgingInbox.Work.everything, .ifChanged, .projects(["a"])] {
      inbox.putBack(work)
      #expect(inbox.take() == work)
    }
    inbox.projectsChanged("b")
    inbox.putBack(.projects(["a"]))
    #expect(inbox.take() == .projects(["a", "b"]))
  }

  @Test func `the transaction that has changed a project is no project`() {
    var inbox = JudgingInbox()
    inbox.projectsChanged("a\n#7")
    #expect(inbox.take() == .projects(["a"]))
    for number in 0..<6_000 { inbox.projectsChanged("a\n#\(number)") }
    #expect(inbox.take() == .projects(["a"]))
  }

  @Test func `too many names become everything`() {
    var inbox = JudgingInbox()
    let names = (0...JudgingInbox.mostProjects).map { "p\($0)" }
    for name in names { inbox.projectsChanged(name) }
    #expect(inbox.take() == .everything)
    inbox.putBack(.projects(names))
    #expect(inbox.take() == .everything)
    #expect(inbox.take() == nil)
  }

  @Test func `projects that have moved while they were judged are judged again, and nothing else`() {
    var inbox = JudgingInbox()
    let isLeft = inbox.takeBack(.everything, after: JudgingResult(opened: 1))
    #expect(!isLeft)
    #expect(inbox.take() == nil)
    let hasSome = inbox.takeBack(.everything, after: JudgingResult(moved: ["b", "a"]))
    #expect(hasSome)
    #expect(inbox.take() == .projects(["a", "b"]))
    #expect(inbox.take() == nil)
    // Where offer or policy have moved all of it is to be, the projects among it.
    let hasAll = inbox.takeBack(.ifChanged, after: JudgingResult(hasMoved: true, moved: ["a"]))
    #expect(hasAll)
    #expect(inbox.take() == .ifChanged)
    #expect(inbox.take() == nil)
  }
}
