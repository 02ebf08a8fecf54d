mod added_service;
