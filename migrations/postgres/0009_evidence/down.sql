DROP TABLE anchor_mails;
