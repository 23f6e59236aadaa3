import Events
import Kafka
import TestSupport
import Testing

/// What stands for governance in these tests covers what the bus has said, as governance does.
@Suite
struct CentreBookTests {
  @Test func `a delivery whose place is not known covers no more, and takes back nothing`() {
    func delivery(_ offset: Int64) -> KafkaDelivery {
      KafkaDelivery(topic: Topics.desired(zone: AgentRig.zone), partition: 1, offset: offset)
    }
    var book = CentreBook()
    book.note(AgentRig.state(1), [1], delivery(7))
    book.note(AgentRig.state(2), [2], delivery(-1))
    book.note(AgentRig.state(3), [3], delivery(3))
    let record = book.next(zone: AgentRig.zone)
    #expect(record.offsets == [0, 8, 0, 0])
    #expect(record.count == 3)
  }
}
