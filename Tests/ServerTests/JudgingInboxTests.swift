import Testing

@testable import Server

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
    for number in 0...JudgingInbox.mostProjects { inbox.projectsChanged("p\(number)") }
    #expect(inbox.take() == .everything)
  }
}
