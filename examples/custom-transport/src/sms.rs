use TransportErrorKind::{Content as BadContent, Other, Provider, RateLimited, Recipient, SenderNotAllowed};
use parlor::channel::{
    Certainty, Decoded, Endpoint, Happening, InboundMessage, Outbound, Receipt, ReceiptStage,
    ReceiptStage::Reached, Retry, TransportError, TransportErrorKind, WebhookEvent,
};
use parlor::model::{
    ChannelKind, Content, DeliveryStage, PointAddress, PointKey, ProviderMessageId, Visibility,
};
use rusmpp::pdus::{DeliverSm, SubmitSm};
use rusmpp::tlvs::{MessageSubmissionRequestTlvValue, Tlv, TlvValue};
use rusmpp::types::{AnyOctetString, COctetString, OctetString};
use rusmpp::values::{DataCoding, EsmClass, MessageType, RegisteredDelivery, Ton};
use rusmpp::{Command, CommandStatus as Code, Pdu};

/// The request that sends a message: in UTF-16, which every telephone shows, and with a receipt in the end.
pub(crate) fn encode(outbound: &Outbound) -> Result<SubmitSm, TransportError> {
    let refused = |kind| move || TransportError::new(kind, Certainty::NotSent);
    let (Content::Text { text } | Content::PushedUrl { text, .. }, Visibility::Private) =
        (&outbound.content, outbound.visibility)
    else {
        return Err(refused(BadContent)());
    };
    let (from_kind, from) = address(&outbound.from).ok_or_else(refused(SenderNotAllowed))?;
    let (to_kind, to) = address(outbound.to.address.as_str()).ok_or_else(refused(Recipient))?;
    let octets: Vec<u8> = text.as_str().encode_utf16().flat_map(u16::to_be_bytes).collect();
    let message = SubmitSm::builder().source_addr_ton(from_kind).source_addr(from);
    let message = message.dest_addr_ton(to_kind).destination_addr(to).data_coding(DataCoding::Ucs2);
    // The library's default of the class is not that of the specification (§5.2.12).
    let message = message.esm_class(EsmClass::from(0)).registered_delivery(RegisteredDelivery::from(1));
    Ok(if let Ok(short) = OctetString::from_slice(&octets) {
        message.short_message(short).build()
    } else {
        let payload = AnyOctetString::from_vec(octets).into();
        message.push_tlv(MessageSubmissionRequestTlvValue::MessagePayload(payload)).build()
    })
}

/// A number with its country goes without the plus, everything else as it is.
fn address(text: &str) -> Option<(Ton, COctetString<1, 21>)> {
    let number = text.strip_prefix('+');
    let kind = if number.is_some() { Ton::International } else { Ton::Unknown };
    COctetString::from_string(number.unwrap_or(text).to_owned()).ok().map(|plain| (kind, plain))
}

/// The same back.
fn written(kind: Ton, plain: &COctetString<1, 21>) -> String {
    format!("{}{plain}", if kind == Ton::International { "+" } else { "" })
}

/// The centre's id of a message that it took.
pub(crate) fn taken(answer: &Command) -> Result<ProviderMessageId, TransportError> {
    let (kind, certainty, retry) = match (answer.status(), answer.pdu()) {
        (Code::EsmeRok, Some(Pdu::SubmitSmResp(taken))) if taken.message_id().len() > 1 => {
            return Ok(ProviderMessageId::new(taken.message_id().as_str()));
        }
        (Code::EsmeRok, _) => (TransportErrorKind::UnreadableAnswer, Certainty::Uncertain, Retry::Never),
        (Code::EsmeRsyserr | Code::EsmeRunknownerr, _) => (Provider, Certainty::Uncertain, Retry::Never),
        (Code::EsmeRthrottled | Code::EsmeRmsgqful, _) => (RateLimited, Certainty::NotSent, Retry::Backoff),
        (Code::EsmeRinvdstadr, _) => (Recipient, Certainty::NotSent, Retry::Never),
        (Code::EsmeRinvsrcadr, _) => (SenderNotAllowed, Certainty::NotSent, Retry::Never),
        _ => (Other, Certainty::NotSent, Retry::Never),
    };
    let code = format!("{:08X}", u32::from(answer.status()));
    Err(TransportError::new(kind, certainty).with_retry(retry).with_provider_code(code))
}

/// What a delivery says. A contact's message need not have an id (§4.6.1); one without is given this.
pub(crate) fn decode(kind: &ChannelKind, sms: &DeliverSm, fresh: String) -> Decoded {
    let (mut raw, mut id) = (sms.short_message().as_ref(), None);
    for value in sms.tlvs().iter().filter_map(Tlv::value) {
        match value {
            TlvValue::MessagePayload(payload) => raw = payload.value.as_ref(),
            TlvValue::ReceiptedMessageId(named) => id = Some(named.to_string()),
            _ => {}
        }
    }
    let text: String = if sms.data_coding == DataCoding::Ucs2 {
        let unit = |octets: &[u8]| octets.iter().fold(0, |unit, octet| unit << 8 | u16::from(*octet));
        String::from_utf16_lossy(&raw.chunks(2).map(unit).collect::<Vec<_>>())
    } else {
        // What a centre's default alphabet is beyond ASCII is agreed with its operator; here it is Latin-1.
        raw.iter().copied().map(char::from).collect()
    };
    let happening = if sms.esm_class.message_type == MessageType::Default {
        let address = PointAddress::new(written(sms.source_addr_ton, &sms.source_addr));
        let from = PointKey { kind: kind.clone(), scope: String::new(), address };
        let mut message = InboundMessage::new(ProviderMessageId::new(id.unwrap_or(fresh)), from);
        message.content = InboundMessage::words(&text);
        Happening::Message(Box::new(message))
    } else {
        // A receipt says it in words (appendix B): "id:7 sub:001 dlvrd:001 … stat:DELIVRD err:000".
        let word = |name| text.split(' ').find_map(|word: &str| word.strip_prefix(name)).map(str::to_owned);
        let mut receipt = Receipt::new(match word("stat:").as_deref() {
            Some("DELIVRD") => Reached(DeliveryStage::Delivered),
            Some("ENROUTE") => Reached(DeliveryStage::Sent),
            Some("EXPIRED" | "DELETED" | "UNDELIV" | "REJECTD") => Reached(DeliveryStage::Failed),
            _ => ReceiptStage::Accepted,
        });
        receipt.provider_id = id.or_else(|| word("id:")).map(ProviderMessageId::new);
        receipt.code = word("err:").filter(|code| !code.trim_matches('0').is_empty());
        Happening::Receipt(receipt)
    };
    let addresses = vec![written(sms.dest_addr_ton, &sms.destination_addr)];
    let endpoint = Endpoint { kind: kind.clone(), addresses };
    Decoded { events: vec![WebhookEvent { endpoint, happening, raw: raw.to_vec() }], issues: Vec::new() }
}
